"""Repetitions that show the false-alarm rate and the power of the calibrated test."""
