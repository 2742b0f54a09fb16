"""Grading: the submission runs in a sandboxed process, and the hidden tests in another process.

The tests call the submission's functions through a pipe and get plain values back. Code of the
submission can therefore neither see nor change the tests, the score, or the grader.
"""
