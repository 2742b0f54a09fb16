"""Between which limits a false-alarm rate should lie, and what is done with those outside."""

LIMITS = (0.035, 0.065)  #: A false-alarm rate outside is measured again
AGAIN = 4  #: With so many times as many repetitions, of other data
