"""Durable Functions for the embedded host.

The engine is the `durabletask` package, its in-memory backend and its worker. The modules here give
orchestrators the API of azure-functions-durable 1.x (`tasks`, `context`), keep the backend fit for
long runs (`backend`), connect the two (`hub`, `channel`) and answer the HTTP API that
the durable client binding talks to (`management`, `operations`, `queries`, `status`).
"""
