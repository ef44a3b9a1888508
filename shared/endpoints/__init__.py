"""Endpoints and their deployments: documents, checks, storage and provisioning."""
