"""Grading: the submission runs in one process, shut in, and the hidden tests in another.

The tests call the submission's functions across a pipe and get plain values back. So code of the
submission can neither see nor change the tests, the score, or the grader.
"""
