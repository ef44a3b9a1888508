"""Repeated attempts to build an environment, and their end."""

from dataclasses import asdict
from typing import Any

from orchestrators.provision_deployment import provision_deployment
from shared.endpoints.provisioning_work import ProvisioningWork
from tests.durable_sdk import Execution, HandlerError
from tests.unit.orchestrators.recording import Answers

WORK = asdict(ProvisioningWork("e", "d", "r"))
BUILT = {"error": None, "retry": False}
BROKEN = {"error": "there is no version of numpy==99", "retry": False}
AWAY = {"error": "the package index does not answer", "retry": True}


def provision(*answers: Any) -> tuple[list[Any], Any]:
    """Runs it with prepared answers of the builds; returns the endings that it asked for."""
    endings: list[Any] = []

    def finish(ending: dict[str, Any]) -> str:
        endings.append(ending)
        return "Failed" if ending["error"] else "Succeeded"

    handlers = {"build_environment": Answers(BUILT, list(answers)), "finish_provisioning": finish}
    state = Execution(provision_deployment, handlers).run(WORK)
    return endings, state


def test_what_is_built_is_ready():
    assert provision(BUILT) == ([{"work": WORK, "error": None}], "Succeeded")


def test_what_cannot_be_built_is_not_tried_again():
    assert provision(BROKEN) == ([{"work": WORK, "error": BROKEN["error"]}], "Failed")


def test_an_index_that_is_away_for_a_while_is_asked_again():
    assert provision(AWAY, AWAY) == ([{"work": WORK, "error": None}], "Succeeded")


def test_an_index_that_stays_away_is_given_up():
    assert provision(AWAY, AWAY, AWAY, BUILT) == (
        [{"work": WORK, "error": AWAY["error"]}],
        "Failed",
    )


def test_storage_that_fails_for_a_while_costs_time_only():
    assert provision(HandlerError("503"), BUILT)[1] == "Succeeded"


def test_a_host_that_never_builds_ends_in_a_failure():
    ((ending,), state) = provision(*[HandlerError("lost")] * 8)
    assert (state, ending["work"]) == ("Failed", WORK)
    assert "lost" in ending["error"]
