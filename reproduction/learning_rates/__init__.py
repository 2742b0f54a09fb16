"""Which learning rate a network of a given size should have: a rule, on data of its own."""
