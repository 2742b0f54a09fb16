"""Grading with nbgrader: the submission runs in bubblewrap, and the hidden tests outside of it.

The tests call the submission's functions through a pipe and get plain values back. Code of the
submission can therefore neither see nor change the tests, the score, or the grader.
"""
