"""Do the embedding dimension M and the number of units L matter? One system, a grid of sizes."""
