"""Shows jobs: progress, mini-batches, logs, previews and partial results."""
