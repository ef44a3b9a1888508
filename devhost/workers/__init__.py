"""Calls the app's functions: in this process, or in several of their own.

The host knows functions by their names and bindings only (`devhost.app.Function`). It sends each a
`Call` and gets a `Reply` (`calls`). `LocalWorkers` calls the functions in the host's own process,
`ProcessWorkers` in N processes, each of which loads the app itself.
"""
