"""The use cases of batchpoint, free of HTTP and of the Functions host."""
