"""An embedded Azure Functions host, for machines without Core Tools.

`python -m devhost` serves the function app of a folder through its own bindings and routes: HTTP
triggers on aiohttp, timers on asyncio, and Durable Functions on the `durabletask` package's
in-memory backend and worker. It loads `function_app` by name, as the real host does, and knows
nothing else of the app. `devhost.stack` starts it together with the storage emulator.
"""

PORT_TAKEN = 98
"""The exit code of `python -m devhost` when somebody else listens on its port."""
