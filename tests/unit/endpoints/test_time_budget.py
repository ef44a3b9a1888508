"""All that scoring a mini-batch takes ends before the host ends its function."""

import pytest

from shared.endpoints.time_budget import LEAST_WAIT_SECONDS, MOST_WAIT_SECONDS, TimeBudget
from shared.errors import InvalidError


@pytest.mark.parametrize("timeout", [1, 30, 600, 900, 1200])
def test_an_attempt_fits_in_its_function(timeout: float):
    budget = TimeBudget(1800)
    budget.check(timeout, "timeout")
    assert budget.longest_attempt(timeout) <= 1800
    assert LEAST_WAIT_SECONDS <= budget.wait_seconds(timeout) <= MOST_WAIT_SECONDS


def test_a_timeout_that_does_not_fit_is_refused_with_the_limit():
    with pytest.raises(InvalidError) as caught:
        TimeBudget(1800).check(1200.5, "retry_settings.timeout")
    assert caught.value.target == "retry_settings.timeout"
    assert "at most 1200 seconds, not 1200.5" in caught.value.message
    assert "functionTimeout" in caught.value.message


def test_without_a_limit_every_timeout_fits():
    budget = TimeBudget(None)
    budget.check(86400, "timeout")
    assert budget.most_run_seconds is None
    assert budget.wait_seconds(86400) == MOST_WAIT_SECONDS
