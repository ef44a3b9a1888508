"""Contenders of the app: each is a process that scores a workload on request."""
