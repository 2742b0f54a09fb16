"""The machinery of the recorded runs: jobs, workers, records and their summaries."""
