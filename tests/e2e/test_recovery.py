"""A host that dies in mid-job: after a restart the job goes on, and its output is the same."""

import pytest

from tests.e2e.model import AFTER_A_KILL
from tests.e2e.service import Document, Gated, Service, wait_for


@pytest.mark.timeout(60 + AFTER_A_KILL)
def test_a_killed_host_changes_nothing_about_the_output(service: Service, gated: Gated) -> None:
    uri = service.put("killed", {f"{number:03d}": "x\n" * (number % 7) for number in range(60)})
    gated.gate.touch()
    undisturbed = service.run(gated.name, uri)
    gated.gate.unlink()
    name = service.start(gated.name, uri)
    # They are three chunks; the third, with the gate, starts after another one has ended.
    wait_for(lambda: service.job(name), many_done)

    service.stack.kill_host()
    gated.gate.touch()
    service.stack.restart_host()

    job = service.completed(name, AFTER_A_KILL)
    gated.gate.unlink()
    assert service.output(job) == service.output(undisturbed)
    assert job["counts"] == undisturbed["counts"]
    assert job["counts"]["files"] == {"total": 60, "scored": 60, "failed": 0}
    assert service.manifest(job)["files"] == {"in": 60, "scored": 60, "failed": 0}


def many_done(job: Document) -> bool:
    return 25 <= job["counts"]["mini_batches"]["done"] < 60
