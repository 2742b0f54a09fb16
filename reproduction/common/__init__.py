"""What several studies share: estimates of a record, trainings, and higher-order chains."""
