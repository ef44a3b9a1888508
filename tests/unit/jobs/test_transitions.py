import itertools

import pytest

from shared.errors import ConflictError
from shared.jobs.model import JobStatus
from shared.jobs.transitions import check_transition, may_follow

FINAL = {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED}


def test_a_job_goes_through_all_its_states():
    way = [
        JobStatus.NOT_STARTED,
        JobStatus.QUEUED,
        JobStatus.PREPARING,
        JobStatus.RUNNING,
        JobStatus.FINALIZING,
        JobStatus.COMPLETED,
    ]
    for current, following in itertools.pairwise(way):
        check_transition(current, following)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_what_has_ended_can_at_most_be_resumed(status: JobStatus):
    assert status.is_final
    others = set(JobStatus) - {status, JobStatus.NOT_STARTED}
    assert not any(may_follow(status, other) for other in others)
    assert may_follow(status, JobStatus.NOT_STARTED) is (status is not JobStatus.COMPLETED)


@pytest.mark.parametrize("status", sorted(set(JobStatus) - FINAL))
def test_whatever_runs_may_fail_or_be_canceled(status: JobStatus):
    assert may_follow(status, JobStatus.FAILED)
    assert may_follow(status, JobStatus.CANCELED)


def test_a_refusal_names_both_states():
    with pytest.raises(ConflictError, match="Completed cannot become Running"):
        check_transition(JobStatus.COMPLETED, JobStatus.RUNNING)
