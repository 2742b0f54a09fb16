"""Where trajectories come from: model potentials, Langevin dynamics, and your own files."""
