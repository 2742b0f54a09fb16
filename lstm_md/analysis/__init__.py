"""Populations, transition counts, uncertainties, and the Markov models to compare with."""
