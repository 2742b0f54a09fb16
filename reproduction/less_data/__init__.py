"""Do models with memory save sampling? Four models predict T(t) from a part of the data."""
