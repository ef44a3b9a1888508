"""Turns calls into the values that the app's functions take, and their results into replies."""

import inspect
import os
from collections.abc import Callable
from functools import cache
from typing import Any

import azure.functions as func
from azure.functions.blob import InputStream
from azure.functions.durable_functions import ActivityTriggerConverter
from azure.functions.http import HttpResponseConverter
from azure.functions.meta import Datum
from azure.functions.timer import TimerRequest
from azure.storage.blob import BlobClient

from devhost.app import AppError, AppFunction, Function
from devhost.json_payloads import read_json, write_json
from devhost.workers.calls import (
    ActivityCall,
    ActivityReply,
    BlobCall,
    Call,
    Done,
    HttpCall,
    HttpReply,
    OrchestratorCall,
    Reply,
    TimerCall,
)


def trigger_value(function: AppFunction, call: Call) -> Any:  # noqa: ANN401 - any type there is
    """Gives the value that a function is triggered with; reads a blob from its storage."""
    match call:
        case HttpCall():
            return func.HttpRequest(
                method=call.method,
                url=call.url,
                headers=call.headers,
                params=call.query,
                route_params=call.route,
                body=call.body,
            )
        case TimerCall():
            return TimerRequest(past_due=False)
        case BlobCall():
            return _blob_value(function, call)
        case ActivityCall(input_):
            return ActivityTriggerConverter.decode(Datum(input_, "json"), trigger_metadata=None)
        case OrchestratorCall():
            raise TypeError("orchestrators run in the SDK's executor")


def make_reply(call: Call, result: Any) -> Reply:  # noqa: ANN401 - any type there is
    """Gives the reply for what a function has returned."""
    match call:
        case HttpCall():
            return _http_reply(result)
        case ActivityCall():
            encoded = ActivityTriggerConverter.encode(result, expected_type=None)
            return ActivityReply(write_json(read_json(encoded.value)))
        case _:
            return Done()


def blob_connection(function: Function) -> str:
    """Gives the connection string of a blob trigger.

    Raises:
        AppError: The setting is missing.
    """
    name = str(function.trigger.get("connection") or "AzureWebJobsStorage")
    if not os.environ.get(name):
        raise AppError(f"the connection {name} of the blob trigger {function.name} is missing")
    return os.environ[name]


def _blob_value(function: AppFunction, call: BlobCall) -> BlobClient | InputStream:
    connection = blob_connection(function.info)
    client = BlobClient.from_connection_string(connection, call.container, call.name)
    if _wants_client(function.call, function.info.trigger["name"]):
        return client
    with client:
        content = client.download_blob().readall()
    name = f"{call.container}/{call.name}"
    return InputStream(data=content, name=name, uri=client.url, length=len(content))


@cache
def _wants_client(call: Callable[..., Any], parameter: str) -> bool:
    kind = inspect.signature(call, eval_str=True).parameters[parameter].annotation
    return isinstance(kind, type) and issubclass(kind, BlobClient)


def _http_reply(result: object) -> HttpReply:
    if result is None:
        return HttpReply(204)
    datum: Any = HttpResponseConverter.encode(result, expected_type=None)
    if datum.type == "string":
        return HttpReply(
            200, datum.value.encode(), (("Content-Type", "text/plain; charset=utf-8"),)
        )
    parts: dict[str, Any] = datum.value
    headers = [(name, value.value) for name, value in parts["headers"].items()]
    for cookies in parts["cookies"] or ():
        headers += [("Set-Cookie", morsel.OutputString()) for morsel in cookies.values()]
    return HttpReply(int(parts["status_code"].value), parts["body"].value, tuple(headers))
