"""What every room of the app stands on: the domain, its storage, its services, its errors."""
