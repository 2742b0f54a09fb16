"""Does attention beat memory? A transformer and an LSTM of the same size, on the same labels."""
