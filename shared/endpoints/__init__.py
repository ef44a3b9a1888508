"""Endpoints and their deployments: drafts, checks, storage and provisioning."""
