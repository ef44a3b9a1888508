"""Lists a job's input and divides it into mini-batches."""
