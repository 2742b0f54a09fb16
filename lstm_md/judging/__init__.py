"""Claims, the criteria that decide them, their controls and their verdicts."""
