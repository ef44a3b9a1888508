"""The durable engine's core: a state machine without threads, clocks of its own or I/O.

The loop is `Hub.next_episode`, then the SDK's executor outside of this package, then
`Hub.finish_episode`, which gives the work that the orchestrator has scheduled. Each episode hands
the executor the whole history and replays it (`replay`) against the actions that it answers
(`script`), as the durable extension does on the Durable Task Framework:
https://github.com/Azure/azure-functions-durable-extension (OutOfProcOrchestrationShim) and
https://github.com/Azure/durabletask (TaskOrchestrationContext, RetryInterceptor).
"""
