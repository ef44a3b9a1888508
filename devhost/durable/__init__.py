"""Durable Functions for the embedded host, in memory.

`core` is the engine as a state machine. `engine` runs it on the workers and reads their `replies`;
`executor` calls the SDK's own executor in a worker. `management`, with `operations`, `queries`,
`status` and `links`, answers the HTTP API that the durable client talks to.
"""
