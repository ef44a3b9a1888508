"""Errors of storage in the midst of single activities: which, where, and the app that has them.

A real fault makes requests fail until the app's own patience ends, and its activity with it. Here
an activity is made to end so at once, at a chosen call, before or after what it does is done.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Any

import azure.durable_functions as df
from azure.core.exceptions import HttpResponseError

from shared.retry import RetryPolicy, TransientError

FOLDER_SETTING = "CHAOS_ACTIVITY_FAULTS"
_LINKED = (
    *("activities", "api", "events", "host.json", "local.settings.sample.json"),
    *("orchestrators", "scoring", "shared", "studio", "tests", "requirements.txt"),
)
_MAIN = """\
import os
from pathlib import Path

from tests.e2e.activity_faults import FOLDER_SETTING, make_fail
from the_app import app

make_fail(app, Path(os.environ[FOLDER_SETTING]))
"""


class When(StrEnum):
    """Point at which an activity fails."""

    BEFORE = "before"
    """Nothing."""
    AFTER = "after"
    """All; only the answer is lost."""
    FIRST_REQUEST = "first-request"
    """Its first request to storage was not carried out."""
    LATER_ANSWER = "later-answer"
    """Its second request was carried out, and its answer was lost."""


@dataclass(frozen=True)
class ActivityFault:
    """One activity that fails once.

    Attributes:
        of: The job or deployment whose activity it is: a text that stands in its input.
        activity: The activity's name.
        number: The mini-batch that it scores, or that is in the chunk that it hands in; for other
            activities how many calls go before.
        when: What is done when it fails.
    """

    of: str
    activity: str
    number: int
    when: When

    def lay(self, folder: Path) -> None:
        """Has the app meet it."""
        (folder / f"{self.of}.json").write_text(json.dumps(asdict(self)), "utf-8")

    def has_struck(self, folder: Path) -> bool:
        """True if the activity has failed."""
        return (folder / f"{self.of}.raised").exists()

    @classmethod
    def laid_for(cls, folder: Path, activity: str, work: str) -> "ActivityFault | None":
        """Finds the fault that an activity with this input is to meet."""
        for path in folder.glob("*.json"):
            laid = json.loads(path.read_text("utf-8"))
            fault = cls(**{**laid, "when": When(laid["when"])})
            if fault.activity == activity and f'"{fault.of}"' in work:
                return fault
        return None


def make_app(folder: Path, repository: Path) -> Path:
    """Makes a folder with the app in which activities fail as laid down; returns it."""
    root = folder / "app"
    root.mkdir()
    for name in _LINKED:
        (root / name).symlink_to(repository / name)
    (root / "the_app.py").symlink_to(repository / "function_app.py")
    (root / "function_app.py").write_text(_MAIN, "utf-8")
    return root


def make_fail(app: df.DFApp, folder: Path) -> None:
    """Makes all activities of an app fail as faults in the folder say."""
    attempt = threading.local()
    _fail_requests(attempt)
    for builder in app._function_builders:
        function = builder._function
        if function.get_trigger().type == "activityTrigger":
            function._func = _failing(function.get_user_function(), folder, attempt)


def _failing(
    activity: Callable[..., object], folder: Path, attempt: threading.local
) -> Callable[..., object]:
    name = activity.__name__

    @wraps(activity)
    def call(**inputs: Mapping[str, Any]) -> object:
        # The one input has the name that the activity gives it.
        (work,) = inputs.values()
        fault = ActivityFault.laid_for(folder, name, json.dumps(work))
        if fault is None or not _falls(fault, work, folder):
            return activity(**inputs)
        (folder / f"{fault.of}.raised").touch()
        if fault.when is not When.BEFORE:
            attempt.when, attempt.requests = fault.when, 0
            try:
                activity(**inputs)
            finally:
                attempt.when = None
        raise HttpResponseError(f"injected, {fault.when}")

    return call


def _falls(fault: ActivityFault, work: Mapping[str, Any], folder: Path) -> bool:
    """Decides about one call, which only one process and thread may be told to fail."""
    if "number" in work:
        if work["number"] != fault.number:
            return False
    elif work.get("first") is not None:
        if not work["first"] <= fault.number < work["first"] + work["size"]:
            return False
    elif fault.number and not _is_later_call(fault, folder):
        return False
    return _is_new(folder / f"{fault.of}.struck")


def _is_later_call(fault: ActivityFault, folder: Path) -> bool:
    """Counts the calls of activities that are for no mini-batch."""
    before = next(n for n in range(10_000) if _is_new(folder / f"{fault.of}.call-{n}"))
    return before >= fault.number


def _is_new(marker: Path) -> bool:
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _fail_requests(attempt: threading.local) -> None:
    """Makes requests to storage fail in the threads that are to meet it, past all patience."""
    repeat = RetryPolicy.repeat

    def failing(patience: RetryPolicy, request: Callable[[bool], object]) -> object:
        when = getattr(attempt, "when", None)
        if when not in (When.FIRST_REQUEST, When.LATER_ANSWER):
            return repeat(patience, request)
        attempt.requests += 1
        if when is When.FIRST_REQUEST:
            raise TransientError("injected instead of a request")
        answer = repeat(patience, request)
        if attempt.requests > 1:
            raise TransientError("injected after a request")
        return answer

    RetryPolicy.repeat = failing  # type: ignore[method-assign]
