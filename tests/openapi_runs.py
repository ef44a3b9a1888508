"""Runs schemathesis against the app, wherever it serves, and tells what did not hold."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.schemas import BaseSchema

Document = dict[str, Any]
DEPLOYMENT = "autolog_deployment"
DATA = "azureml://datastores/workspaceblobstore/paths/LocalUpload/nyctaxidata/nyc_taxi_data"
NAMED = {
    "path.endpoint": "mybatchedp",
    "path.deployment": DEPLOYMENT,
    "path.schedule": "nightly",
    "path.webhook": "ops",
    "path.job": "nightly-1",
    "path.name": "nyc-taxi",
    "path.version": "1",
    "path.file": "index.html",
    "body.properties.dataset.path": DATA,
}
"""What the document's examples name; it is there in the app, so that not all is 404."""

UNCHECKED = {
    # A method that no function has is the host's to answer.
    "unsupported_method": "the host",
    # What is right by the schema may still name a model or an input that is not there.
    "positive_data_acceptance": "names",
}
UNCHECKED_IN_PROCESS = {
    # The requests that schemathesis makes for it pass a WSGI app by; test_access.py asks all.
    "ignored_auth": "test_access.py",
    # What was deleted is furnished again at once; test_openapi_stack.py furnishes nothing twice.
    "use_after_free": "test_openapi_stack.py",
}


@dataclass
class Found:
    """Result of a run: answers to requests, checks, and failures."""

    answers: Counter[int] = field(default_factory=Counter[int])
    operations: set[str] = field(default_factory=set[str])
    checked: Counter[str] = field(default_factory=Counter[str])
    problems: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])


def configuration(
    *phases: str, token: str, examples: int = 10, over_http: bool = False
) -> SchemathesisConfig:
    """A bounded run of some phases by the bearer of a token, the same one each time.

    Two checks are made over HTTP alone, see `UNCHECKED_IN_PROCESS`.
    """
    unchecked = UNCHECKED if over_http else UNCHECKED | UNCHECKED_IN_PROCESS
    every = ("examples", "coverage", "fuzzing", "stateful")
    chosen: Document = {name: {"enabled": name in phases} for name in every}
    chosen["coverage"]["unexpected-methods"] = []
    return SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "headers": {"Authorization": f"Bearer {token}"},
            "dictionaries": {key: {"values": [name]} for key, name in NAMED.items()},
            "parameters": {key: {"dictionary": key, "probability": 0.7} for key in NAMED},
            "generation": {
                "deterministic": True,
                "max-examples": examples,
                "database": "none",
                "no-shrink": True,
                "with-security-parameters": False,
            },
            "checks": {name: {"enabled": False} for name in unchecked},
            "phases": chosen,
        }
    )


def run(schema: BaseSchema) -> Found:
    """Runs all phases that are enabled."""
    found = Found()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError):
            found.problems[event.label, "error"] = event.info.format()
        if isinstance(event, events.ScenarioFinished):
            _note(event, found)
    return found


def _note(event: events.ScenarioFinished, found: Found) -> None:
    label = event.recorder.label
    for interaction in event.recorder.interactions.values():
        if interaction.response is not None:
            found.answers[interaction.response.status_code] += 1
            found.operations.add(label)
    for checks in event.recorder.checks.values():
        found.checked.update(check.name for check in checks)
        for failed in (check for check in checks if check.failure_info):
            info = failed.failure_info
            assert info is not None
            text = f"{info.failure.title}: {info.failure.message}\n{info.code_sample}"
            found.problems.setdefault((label, failed.name), text)


def body_example(document: Document, name: str) -> Mapping[str, Any]:
    """The example of a request body in the document."""
    return document["components"]["requestBodies"][name]["content"]["application/json"]["example"]
