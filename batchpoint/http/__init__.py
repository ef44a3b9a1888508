"""The client's HTTP: connections, retries, and errors without secrets."""
