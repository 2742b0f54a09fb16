"""Learning molecular dynamics with a character-level language model.

The package under the book: trajectories (``systems``), their characters
(``labels``), the network (``model``), ``training``, ``generation``, ``analysis``
and ``report``. Importing it loads no TensorFlow.
"""

import os

# A GPU is often shared with other notebooks: take its memory as it is needed, not all of it.
# The backends read this when they start, so it has to stand here; what a user has set is kept.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

__version__ = "0.1.0"
