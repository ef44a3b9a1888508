"""Names of the containers that the app has for itself."""

SYSTEM_CONTAINER = "batchpoint"
