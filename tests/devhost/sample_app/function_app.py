"""A small app with one of everything that the host serves."""

import atexit
import json
import logging
import os
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
ATTEMPTS: dict[str, int] = {}
TICKS: list[bool] = []
LOCK = threading.Lock()


@app.route(route="items/{id:int}", methods=["GET", "POST"])
def item(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    answer = {
        "method": req.method,
        "url": req.url,
        "id": req.route_params["id"],
        "query": dict(req.params),
        "header": req.headers.get("X-Sample"),
        "body": req.get_body().decode(),
        "function": context.function_name,
        "thread": threading.current_thread().name,
    }
    return func.HttpResponse(
        json.dumps(answer), status_code=201, mimetype="application/json", headers={"X-Out": "1"}
    )


@app.route(route="items/first", methods=["GET"])
async def first(req: func.HttpRequest) -> str:
    return "the literal"


@app.route(route="items/{name}", methods=["GET"])
async def other(req: func.HttpRequest) -> str:
    return "the parameter"


@app.route(route="files/{*path}", methods=["GET"])
async def files(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.route_params.get("path", "").encode(), status_code=200)


@app.route(route="broken", methods=["GET"])
def broken(req: func.HttpRequest) -> str:
    raise RuntimeError("the secret reason")


@app.route(route="process", methods=["GET", "POST"])
def process(req: func.HttpRequest) -> func.HttpResponse:
    answer = {
        "pid": os.getpid(),
        "workers": os.environ["FUNCTIONS_WORKER_PROCESS_COUNT"],
        "length": len(req.get_body()),
    }
    return func.HttpResponse(json.dumps(answer))


@app.route(route="crash", methods=["POST"])
def crash(req: func.HttpRequest) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@app.activity_trigger(input_name="value")
def die(value: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@app.orchestration_trigger(context_name="context")
def survives(context: df.DurableOrchestrationContext):
    try:
        yield context.call_activity("die")
    except Exception as error:  # noqa: BLE001
        return [str(error).splitlines()[0], (yield context.call_activity("double", 4))]


@app.route(route="ticks", methods=["GET"])
def ticks(req: func.HttpRequest) -> str:
    return str(len(TICKS))


@app.timer_trigger(schedule="%TICK_SCHEDULE%", arg_name="timer", run_on_startup=True)
def tick(timer: func.TimerRequest) -> None:
    TICKS.append(timer.past_due)


@app.queue_trigger(arg_name="message", queue_name="q", connection="AzureWebJobsStorage")
def not_served(message: func.QueueMessage) -> None: ...


@app.route(route="start/{name}/{id?}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    body = json.loads(req.get_body() or b"null")
    try:
        started = await client.start_new(
            req.route_params["name"], instance_id=req.route_params.get("id"), client_input=body
        )
    except Exception as error:  # noqa: BLE001
        return func.HttpResponse(str(error), status_code=409)
    return client.create_check_status_response(req, started)


@app.route(route="client/{operation}/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def operate(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> str:
    instance_id = req.route_params["id"]
    match req.route_params["operation"]:
        case "terminate":
            await client.terminate(instance_id, "enough of it")
        case "suspend":
            await client.suspend(instance_id, "a pause")
        case "resume":
            await client.resume(instance_id, "on we go")
        case "event":
            await client.raise_event(instance_id, "Approval", {"ok": True})
        case "purge":
            return str((await client.purge_instance_history(instance_id)).instances_deleted)
        case "purge-since":
            since = (await client.get_status(instance_id)).created_time
            ended = [df.OrchestrationRuntimeStatus.Completed]
            until = datetime.now(UTC) + timedelta(seconds=1)
            answer = await client.purge_instance_history_by(since, until, ended)
            return str(answer.instances_deleted)
        case "status":
            status = await client.get_status(instance_id, show_input=True, show_history=True)
            return json.dumps(status.to_json()) if status else "none"
        case "list":
            found = await client.get_status_by(instance_id_prefix=instance_id)
            return json.dumps([status.instance_id for status in found])
    return "done"


@app.activity_trigger(input_name="number")
def double(number: int) -> int:
    return number * 2


@app.activity_trigger(input_name="value")
async def echo(value: object) -> object:
    return value


@app.activity_trigger(input_name="value")
def fail(value: str) -> None:
    raise ValueError(f"no {value} today")


@app.activity_trigger(input_name="value")
def not_json(value: object) -> object:
    return {1, 2}


@app.activity_trigger(input_name="key")
def fail_twice(key: str) -> int:
    return _attempt(key, 3)


@app.activity_trigger(input_name="key")
def fail_first(key: str) -> int:
    return _attempt(key, 2)


def _attempt(key: str, enough: int) -> int:
    with LOCK:
        ATTEMPTS[key] = ATTEMPTS.get(key, 0) + 1
    if ATTEMPTS[key] < enough:
        raise RuntimeError("not yet")
    return ATTEMPTS[key]


@app.orchestration_trigger(context_name="context")
def window(context: df.DurableOrchestrationContext):
    settings = context.get_input()
    numbers, total, pending = list(range(settings["count"])), 0, []
    while numbers or pending:
        while numbers and len(pending) < settings["width"]:
            pending.append(context.call_activity("double", numbers.pop(0)))
        done = yield context.task_any(pending)
        pending.remove(done)
        total += done.result
    context.set_custom_status({"total": total})
    return {"total": total, "parent": context.parent_instance_id}


@app.orchestration_trigger(context_name="context")
def windows(context: df.DurableOrchestrationContext):
    count = context.get_input()
    tasks = [
        context.call_sub_orchestrator(
            "window", {"count": 5, "width": 2}, f"{context.instance_id}-{n}"
        )
        for n in range(count)
    ]
    results = yield context.task_all(tasks)
    return [sum(r["total"] for r in results), results[0]["parent"]]


@app.orchestration_trigger(context_name="context")
def failures(context: df.DurableOrchestrationContext):
    failed = context.call_activity("fail", "tea")
    done = yield context.task_any([failed])
    seen = [done is failed, str(done.state), isinstance(done.result, Exception), str(done.result)]
    try:
        yield failed
    except Exception as error:  # noqa: BLE001
        seen.append(error is done.result)
    try:
        yield context.task_all(
            [context.call_activity("not_json", 1), context.create_timer(_soon(context))]
        )
    except Exception as error:  # noqa: BLE001
        seen.append("not_json" in str(error))
    try:
        yield context.call_sub_orchestrator("fails", "now")
    except Exception as error:  # noqa: BLE001
        seen.append(str(error).splitlines()[0])
    seen.append((yield context.task_all([])))
    return seen


def _soon(context: df.DurableOrchestrationContext):
    return context.current_utc_datetime + timedelta(milliseconds=50)


def _far(context: df.DurableOrchestrationContext):
    return context.current_utc_datetime + timedelta(hours=1)


@app.orchestration_trigger(context_name="context")
def fails(context: df.DurableOrchestrationContext):
    yield context.call_activity("fail", context.get_input())


@app.orchestration_trigger(context_name="context")
def fails_once(context: df.DurableOrchestrationContext):
    call = context.call_activity("fail_first", context.instance_id)
    return (yield context.task_all([context.call_activity("double", 3), call]))


@app.orchestration_trigger(context_name="context")
def calls_nobody(context: df.DurableOrchestrationContext):
    yield context.call_activity("nobody")


@app.orchestration_trigger(context_name="context")
def sum_up(context: df.DurableOrchestrationContext):
    calls = [context.call_activity("double", number) for number in context.get_input()]
    return sum((yield context.task_all(calls)))


@app.orchestration_trigger(context_name="context")
def retries(context: df.DurableOrchestrationContext):
    options = df.RetryOptions(10, 3)
    first = yield context.call_activity_with_retry("fail_twice", options, context.instance_id)
    try:
        yield context.call_activity_with_retry("fail", df.RetryOptions(10, 2), "luck")
    except Exception as error:  # noqa: BLE001
        return [first, str(error).splitlines()[0]]


@app.orchestration_trigger(context_name="context")
def rounds(context: df.DurableOrchestrationContext):
    """Leaves a timer behind in each round, which must not reach the next one."""
    state = context.get_input()
    if state["round"] == 3:
        return state
    timer = context.create_timer(_soon(context))
    call = context.call_activity("double", state["round"])
    yield context.task_any([call, timer])
    timer.cancel()
    context.continue_as_new({"round": state["round"] + 1, "seen": [*state["seen"], call.result]})


@app.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext):
    event = context.wait_for_external_event("Approval")
    timer = context.create_timer(_far(context))
    winner = yield context.task_any([event, timer])
    if winner is event:
        timer.cancel()
        return event.result
    return None


@app.orchestration_trigger(context_name="context")
def sleepy(context: df.DurableOrchestrationContext):
    yield context.call_activity("sleep")


@app.activity_trigger(input_name="value")
def sleep(value: object) -> None:
    logging.getLogger("sample").info("fell asleep")
    threading.Event().wait(60)


atexit.register(lambda: sys.stdout.write("cleaned up\n"))
