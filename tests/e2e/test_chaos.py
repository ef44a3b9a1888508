"""The short form of scripts/chaos, and single accidents that are easy to name."""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.__main__ import main, summary
from chaos.deployments import deploy, settings
from chaos.faults import Fault, FaultPlan, is_by_host
from chaos.judge import Outcome, outcome_of
from chaos.kinds import KINDS, Kind
from chaos.plan import make_plan
from chaos.proxy import FaultProxy
from chaos.run import Chaos, Options, Report
from chaos.service import CONTAINER, ENDPOINT, Service
from devhost.stack import LocalStack
from devhost.stack.azurite import connection_string
from tests.e2e.model import AFTER_A_KILL, HOST, REPOSITORY

BY_NAME = {kind.name: kind for kind in KINDS}
FRAME = BY_NAME["frame"]
pytestmark = pytest.mark.timeout(400 + AFTER_A_KILL)


@pytest.fixture(scope="module", autouse=True)
def _needs_azurite() -> None:
    emulator = (REPOSITORY / "node_modules" / "azurite").is_dir()
    if not (shutil.which("node") and emulator) and "CI" not in os.environ:
        pytest.skip("Node.js and Azurite are not installed")


def test_a_few_jobs_under_fire(tmp_path: Path) -> None:
    kinds = tuple(BY_NAME[name] for name in ("frame", "bad-files", "canceled", "files"))
    options = Options(8, 94, 300, 4, tmp_path / "chaos", kinds, HOST)
    with Chaos(options) as chaos:
        report = chaos.run()
    assert report.wrong == []
    assert report.jobs == 8
    assert report.faults["host killed"] == report.faults["Azurite killed"] == 1
    assert sum(count for kind, count in report.faults.items() if kind.startswith("storage")) > 10


def test_a_seed_is_a_plan_with_each_kind() -> None:
    plan = make_plan(5, 100)
    assert plan == make_plan(5, 100) != make_plan(6, 100)
    assert {planned.kind.name for planned in plan[: len(KINDS)]} == set(BY_NAME)
    assert {blow.blow for planned in plan for blow in planned.blows} != set()


def test_the_summary_says_what_happened(tmp_path: Path) -> None:
    options = Options(3, 7, 60, 1, tmp_path)
    report = Report(2, ["chaos-001-list"], {"host killed": 2, "storage: busy": 3})
    assert summary(report, options, 12.4) == (
        "chaos: 5 faults injected (host killed 2, storage: busy 3); 2 jobs of 3, for the time was "
        "over; wrong results: 1; seed 7; 12 s"
    )


def test_a_wrong_result_is_seen() -> None:
    right = Outcome("Completed", None, {"a": b"1"}, (), {"rows": 1})
    assert Outcome("Completed", None, {"a": b"1"}, (), {"rows": 1}).differences(right) == []
    for wrong in (
        Outcome("Failed", None, {"a": b"1"}, (), {"rows": 1}),
        Outcome("Completed", None, {"a": b"2"}, (), {"rows": 1}),
        Outcome("Completed", None, {"a": b"1"}, ((None, 3),), {"rows": 1}),
        Outcome("Completed", None, {"a": b"1"}, (), {"rows": 2}),
    ):
        assert len(wrong.differences(right)) == 1


@pytest.mark.parametrize("arguments", [["--jobs", "0"], ["--kinds", "frame,nothing"]], ids=str)
def test_options_that_cannot_be(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


class Accidents:
    """A stack with a proxy before its storage, and what is right for one kind of job."""

    def __init__(self, stack: LocalStack, proxy: FaultProxy, folder: Path) -> None:
        self.stack, self.proxy = stack, proxy
        self.service = Service(stack)
        deploy(self.service, folder, folder / "traps", {"script"})
        self.service.put("in/frame", FRAME.files())
        self.right = self.outcome("calm")

    def start(self, name: str, kind: Kind = FRAME) -> None:
        dataset = {
            "dataInputType": "DataUrl",
            "path": f"azureml://datastores/{CONTAINER}/paths/in/{kind.name}",
        }
        headers = {"Idempotency-Key": name, "azureml-model-deployment": "script"}
        body = {"name": name, "properties": {"dataset": dataset}}
        answer = self.service.ask("POST", f"endpoints/{ENDPOINT}/jobs", body, headers)
        assert answer.status_code == 201, answer.text

    def ended(self, name: str) -> Outcome:
        return outcome_of(self.service, self.service.ended(name, AFTER_A_KILL))

    def outcome(self, name: str, plan: FaultPlan | None = None) -> Outcome:
        """Starts a job, and says what it came to while the proxy does as planned."""
        if plan is not None:
            self.proxy.plan, self.proxy.is_on = plan, True
        try:
            self.start(name)
            return self.ended(name)
        finally:
            self.proxy.is_on = False


@pytest.fixture(scope="module")
def accidents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accidents]:
    folder = tmp_path_factory.mktemp("accidents")
    (folder / "traps").mkdir()
    stack = LocalStack(REPOSITORY, folder / "stack", settings=settings(folder), kind=HOST)
    with FaultProxy(stack.azurite.ports, FaultPlan(1), is_on=False) as proxy:
        stack.app_storage = connection_string(proxy.ports)
        with stack:
            made = Accidents(stack, proxy, folder)
            yield made
            made.service.close()


class OnceEach(FaultPlan):
    """A fault for the first request of each kind: the same method and URL, without signatures.

    It leaves out what the genuine durable extension asks for: each message has a URL of its own, so
    that all would go wrong, and it waits forever for one whose return to its queue has failed.
    """

    def __init__(self, fault: Fault, only: str = "") -> None:
        super().__init__(1)
        self._fault, self._only, self._seen = fault, only, set[str]()

    def next(self, request: str) -> Fault | None:
        key = request.partition("&se=")[0]
        if self._only not in request or key in self._seen or is_by_host(key):
            return None
        self._seen.add(key)
        self.counts[self._fault] += 1
        return self._fault


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.LOST_ANSWER], ids=str)
def test_every_first_request_goes_wrong(accidents: Accidents, fault: Fault) -> None:
    plan = OnceEach(fault)
    name = f"first-{fault.replace(' ', '-')}"
    assert accidents.outcome(name, plan) == accidents.right
    assert plan.counts[fault] > 30


def test_the_answer_to_the_final_commit_is_lost(accidents: Accidents) -> None:
    plan = OnceEach(Fault.LOST_ANSWER, "comp=blocklist")
    assert accidents.outcome("commit", plan) == accidents.right
    assert plan.counts[Fault.LOST_ANSWER] == 1


@pytest.mark.parametrize("away", [0.0, 6.0])
def test_azurite_is_killed_in_mid_job(accidents: Accidents, away: float) -> None:
    name = f"azurite-{away:.0f}"
    accidents.start(name)
    accidents.stack.kill_azurite()
    # How long it stays away is what is tried here.
    threading.Event().wait(away)
    accidents.stack.restart_azurite()
    assert accidents.ended(name) == accidents.right


def test_all_is_killed_at_once(accidents: Accidents) -> None:
    accidents.start("all")
    accidents.stack.kill_host()
    accidents.stack.kill_azurite()
    accidents.stack.restart_azurite()
    accidents.stack.restart_host()
    assert accidents.ended("all") == accidents.right
