"""Webhooks on the running stack: a receiver on this machine, and the code of docs/webhooks.md."""

import json
import os
import re
import subprocess
from collections.abc import Iterator

import pytest
from standardwebhooks import Webhook as Verifier

from tests.e2e.model import REPOSITORY
from tests.e2e.service import PROGRAM, Service, points_csv, wait_for
from tests.receiver import Receiver, receiving

DOC = (REPOSITORY / "docs/webhooks.md").read_text("utf-8")
ENDPOINT = "mybatchedp"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def endpoint(service: Service, plane: str) -> Iterator[str]:
    """The endpoint that the page names, which scores as `plane` does."""
    shown = service.cli("endpoint", "show", "--name", plane).json()
    deployment = {key: shown["deployments"][0][key] for key in ("name", "model")}
    document = {"name": ENDPOINT, "traffic": {"linear": 100}, "deployments": [deployment]}
    assert service.http.post("/endpoints", json=document).status_code == 201
    yield ENDPOINT
    service.cli("endpoint", "delete", "--name", ENDPOINT, "--yes", "--force")


def create(service: Service, receiver: Receiver, *more: str) -> str:
    made = service.cli(
        "webhook", "create", "-e", ENDPOINT, "-n", "ops",
        "--target-url", receiver.url("localhost"), *more,
    ).json()  # fmt: skip
    return made["secret"]


def test_jobs_are_told_and_receivers_can_check_it(
    service: Service, endpoint: str, receiver: Receiver
) -> None:
    secret = create(service, receiver)
    uri = service.put("told", {"a.csv": points_csv([(1, 2)])})
    receiver.answers += [503]
    job = service.run(endpoint, uri)
    events = wait_for(lambda: {json.loads(item.body)["id"]: item for item in receiver.received},
                      lambda seen: len(seen) == 2)  # fmt: skip
    namespace: dict[str, object] = {}
    (code,) = re.findall(r"^```python\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)
    exec(code, namespace)
    is_genuine = namespace["is_genuine"]
    for received in events.values():
        assert Verifier(secret).verify(received.body, received.headers)["subject"] == job["name"]
        assert is_genuine(secret, received.headers, received.body)  # type: ignore[operator]
        assert not is_genuine(secret, received.headers, received.body + b" ")  # type: ignore[operator]
    kinds = {json.loads(item.body)["type"] for item in events.values()}
    assert kinds == {"batchpoint.job.started", "batchpoint.job.completed"}
    # The first one was refused once, and comes again with the same id.
    refused = receiver.received[0].headers["webhook-id"]
    again = wait_for(
        lambda: [item for item in receiver.received if item.headers["webhook-id"] == refused],
        lambda seen: len(seen) == 2,
        seconds=80,
    )
    assert again[0].body == again[1].body
    shown = wait_for(
        lambda: service.cli("webhook", "show", "-e", endpoint, "-n", "ops").json()["deliveries"],
        lambda deliveries: deliveries["pending"] == 0,
    )
    assert (shown["delivered"], shown["given_up"]) == (2, 0)
    assert sorted(item["attempts"] for item in shown["recent"]) == [1, 2]


def test_what_is_not_public_is_refused(service: Service, endpoint: str, receiver: Receiver) -> None:
    for host in ("127.0.0.1", "169.254.169.254", "[::1]"):
        told = service.cli(
            "webhook", "create", "-e", endpoint, "-n", "bad",
            "--target-url", f"http://{host}:{receiver.port}/",
        )  # fmt: skip
        assert told.code == 1
        assert "is no public address" in told.err
    assert receiver.received == []


def test_the_commands_of_the_page(service: Service, endpoint: str, receiver: Receiver) -> None:
    (block,) = re.findall(r"^```bash\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)
    environment = {
        **os.environ,
        **service.stack.environment,
        "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        "TARGET": receiver.url("localhost"),
    }
    ended = subprocess.run(
        ["bash", "-euc", block], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("whsec_")
    assert '"delivered": 0' in ended.stdout
    assert "ops\t0\n" in ended.stdout
    assert service.cli("webhook", "list", "-e", endpoint).json() == []
