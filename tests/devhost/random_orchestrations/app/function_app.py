"""An app that runs programs as orchestrations, for any host."""

import itertools
import json
import os
import time
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from interpreter import interpret as run_program

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="health", methods=["GET"])
def health(req: func.HttpRequest) -> str:
    return "ok"


@app.route(route="runs/{id}", methods=["PUT"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> str:
    return await client.start_new("interpret", req.route_params["id"], req.get_json())


@app.route(route="runs/{id}", methods=["GET"])
@app.durable_client_input(client_name="client")
async def show(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> str:
    status = await client.get_status(req.route_params["id"])
    return json.dumps(status.to_json())


@app.activity_trigger(input_name="work")
def act(work: dict[str, Any]) -> int:
    """Answers its number, after `ms` milliseconds; fails in its first `fail` calls."""
    call = _count(f"{work['run']}-{work['id']}")
    time.sleep(work["ms"] / 1000)
    if call <= work["fail"]:
        raise ValueError(f"call {call} of {work['id']} fails")
    return work["id"]


@app.orchestration_trigger(context_name="context")
def interpret(context: df.DurableOrchestrationContext):
    return (yield from run_program(context))


def _count(key: str) -> int:
    """Counts the calls of a key in all processes: each makes the next file that is not there."""
    for call in itertools.count(1):
        try:
            Path(os.environ["CALLS_FOLDER"], f"{key}-{call}").open("x").close()
        except FileExistsError:
            continue
        return call
    raise AssertionError
