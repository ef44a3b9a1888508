"""Plays the host to the genuine worker: has it index the app, and call some functions.

Runs in an environment of its own: `python play_host.py APP` prints what came of it as JSON. The
worker takes the classes of the host's messages as a parameter; plain ones stand in for protobuf's.
"""

import asyncio
import json
import sys
from types import SimpleNamespace
from typing import Any

from azure_functions_runtime import handle_event


class Message:
    """A message, or a part of one, that has what it is made with."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's name
        names = [name for name in ("data", "http", "json", "string", "bytes") if name in vars(self)]
        return names[0] if names else None


class BindingInfo(Message):
    inout, out, undefined = 2, 1, None


class StatusResult(Message):
    Failure, Success = 0, 1


KINDS = (
    "FunctionMetadataResponse InvocationResponse RpcException RpcFunctionMetadata RpcHttp "
    "TypedData WorkerInitResponse WorkerMetadata"
)
PROTOS = SimpleNamespace(BindingInfo=BindingInfo, StatusResult=StatusResult)
vars(PROTOS).update(dict.fromkeys(KINDS.split(), Message))
HISTORY = [
    {"EventType": 12, "EventId": -1, "IsPlayed": False, "Timestamp": "2026-01-01T00:00:00Z"},
    {
        "EventType": 0,
        "EventId": -1,
        "IsPlayed": False,
        "Timestamp": "2026-01-01T00:00:00Z",
        "Name": "score_job",
        "Version": "",
        "Input": '{"job": "j", "run": 1, "identity": "id", "lanes": 4}',
    },
]
ORCHESTRATION = {
    "history": HISTORY,
    "instanceId": "j",
    "isReplaying": False,
    "parentInstanceId": None,
    "input": '{"job": "j", "run": 1, "identity": "id", "lanes": 4}',
    "upperSchemaVersion": 0,
}
HEALTH = Message(
    method="GET",
    url="http://localhost/api/health",
    headers={},
    params={},
    query={},
    body=Message(string=""),
)


async def main(app: str) -> dict[str, Any]:
    start = Message(capabilities={}, function_app_directory=app)
    properties = {"host": "127.0.0.1", "protos": PROTOS}
    request = Message(request=Message(worker_init_request=start), properties=properties)
    begun = await handle_event.worker_init_request(request)
    if begun.result.status != StatusResult.Success:
        return {"error": begun.result.exception.message}
    listed = await handle_event.functions_metadata_request(request)
    functions = {item.function_id: item for item in listed.function_metadata_results}
    ids = {item.name: key for key, item in functions.items()}
    context = Message(json=json.dumps(ORCHESTRATION))
    return {
        "error": None,
        "count": len(listed.function_metadata_results),
        "functions": {
            item.name: [json.loads(binding) for binding in item.raw_bindings]
            for item in functions.values()
        },
        "health": json.loads(
            (await call(ids["health"], "req", Message(http=HEALTH))).http.body.bytes
        ),
        "score_job": json.loads((await call(ids["score_job"], "context", context)).json),
    }


async def call(function_id: str, name: str, data: Message) -> Message:
    trace = Message(trace_parent="", trace_state="", attributes={})
    retry = Message(retry_count=0, max_retry_count=0, exception=None)
    invocation = Message(
        function_id=function_id,
        invocation_id="i",
        input_data=[Message(name=name, data=data)],
        trigger_metadata={},
        trace_context=trace,
        retry_context=retry,
    )
    answer = await handle_event.invocation_request(
        Message(request=Message(invocation_request=invocation))
    )
    if answer.result.status != StatusResult.Success:
        raise RuntimeError(answer.result.exception.message)
    return answer.return_value


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    sys.stdout.write(json.dumps(asyncio.run(main(sys.argv[1]))))
