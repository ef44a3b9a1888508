"""The results of activities, and failures in the words of the durable extension."""

from dataclasses import dataclass
from typing import TypeAlias

from devhost.json_payloads import Json, write_json

# Of a .NET exception in JSON, the keys that the SDK and its users may look at.
_EXCEPTION: dict[str, Json] = {
    "$type": "System.Exception, System.Private.CoreLib",
    "ClassName": "System.Exception",
    "Message": None,
    "Data": None,
    "InnerException": None,
    "HelpURL": None,
    "StackTraceString": None,
    "RemoteStackTraceString": None,
    "RemoteStackIndex": 0,
    "ExceptionMethod": None,
    "HResult": -2146233088,
    "Source": None,
    "WatsonBuckets": None,
}


@dataclass(frozen=True)
class Completed:
    """An activity's result as JSON."""

    value: str | None


@dataclass(frozen=True)
class Failed:
    """An activity's failure: the reason, and a .NET exception as JSON."""

    reason: str
    details: str


ActivityResult: TypeAlias = Completed | Failed


def describe_failure(activity: str, message: str, stack: str) -> Failed:
    """Words the failure of an activity.

    Args:
        activity: Its name.
        message: The exception as `TYPE: MESSAGE`.
        stack: Its traceback.
    """
    # The worker's text is cut behind "Exception:", which leaves a space.
    inner = {**_EXCEPTION, "Message": describe_raised(message, stack)}
    outer = {**_EXCEPTION, "Message": f" {message}", "InnerException": inner}
    return Failed(f"Activity function '{activity}' failed:  {message}", write_json(outer))


def describe_raised(message: str, stack: str) -> str:
    """Words an exception as the host words what its worker answers."""
    return f"Result: Failure\nException: {message}\nStack: {stack}"
