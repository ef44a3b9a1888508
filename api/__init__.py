"""HTTP-triggered functions: they parse, call a service, and answer."""
