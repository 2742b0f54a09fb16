"""The loops that train and generate: NumPy and compiled code on a CPU, Keras on a GPU."""
