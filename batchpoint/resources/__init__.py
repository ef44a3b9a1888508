"""The service's resources, one module and one class each, over the shared transport."""
