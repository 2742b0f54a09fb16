"""Learning molecular dynamics with a character-level language model.

The package under the book: trajectories (``systems``), their characters
(``labels``), the network (``model``), ``training``, ``generation``, ``analysis``
and ``report``. Importing it loads no TensorFlow.
"""

__version__ = "0.1.0"
