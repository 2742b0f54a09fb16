"""Can a known mean improve a network? Trajectories are selected so that they have that mean."""
