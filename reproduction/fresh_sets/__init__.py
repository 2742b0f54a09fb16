"""Do networks follow the process? Fresh data sets, one network each, and a test by sign flips."""
