"""Runs a program as an orchestration."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

Step = dict[str, Any]
Tasks = Generator[Any, Any, Any]
Context = df.DurableOrchestrationContext


def interpret(context: Context) -> Tasks:
    given = context.get_input()
    program, results = given["program"], list(given["results"])
    for index, step in enumerate(program["steps"]):
        if step["do"] == "again":
            rest = {**program, "steps": program["steps"][index + 1 :]}
            context.continue_as_new({**given, "program": rest, "results": results})
            return None
        try:
            result = yield _begin(context, given["run"], step)
        except Exception:
            if not program["catches"]:
                raise
            result = "failed"
        results.append(result)
    return results


def _begin(context: Context, run: str, step: Step) -> Any:
    match step["do"]:
        case "call":
            return _call(context, {"run": run, **step["work"]}, step.get("retry"))
        case "sub":
            return _run(context, run, step["program"], step.get("retry"))
        case "all":
            return context.task_all([_begin(context, run, part) for part in step["parts"]])
        case _:
            later = timedelta(milliseconds=step["ms"])
            return context.create_timer(context.current_utc_datetime + later)


def _call(context: Context, work: dict[str, Any], retry: dict[str, int] | None) -> Any:
    if retry is None:
        return context.call_activity("act", work)
    return context.call_activity_with_retry("act", _options(retry), work)


def _run(context: Context, run: str, program: Any, retry: dict[str, int] | None) -> Any:
    given = {"run": run, "program": program, "results": []}
    if retry is None:
        return context.call_sub_orchestrator("interpret", given)
    return context.call_sub_orchestrator_with_retry("interpret", _options(retry), given)


def _options(retry: dict[str, int]) -> df.RetryOptions:
    return df.RetryOptions(retry["ms"], retry["attempts"])
