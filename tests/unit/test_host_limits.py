"""Limits of the host, and warnings where they do not fit an instance."""

import pytest

from devhost.stack.limits import activity_limit
from shared.errors import InvalidError
from shared.host_limits import ACTIVITIES, PROCESSES, THREADS, HostLimits


def limits(**more: str) -> HostLimits:
    return HostLimits.from_env({THREADS: "40", **more})


def test_app_settings_override_host_json_in_any_case() -> None:
    assert limits(**{ACTIVITIES: "6"}).activities == 6
    assert limits(**{ACTIVITIES.lower(): "7"}).activities == 7
    assert limits(**{ACTIVITIES: ""}).activities == limits().activities
    found = limits(**{"AzureFunctionsJobHost__functionTimeout": "01:00:00", PROCESSES: "3"})
    assert (found.function_timeout, found.processes) == (3600, 3)


@pytest.mark.parametrize(
    ("name", "value"), [(ACTIVITIES, "none"), (PROCESSES, "0"), (THREADS, "x")]
)
def test_what_is_no_number_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(InvalidError, match=f"{name} must be a whole number.*'{value}'"):
        limits(**{name: value})


def test_what_fits_is_not_warned_of() -> None:
    for activities in (4, 6, 8):
        assert limits(**{ACTIVITIES: str(activities)}).warnings(4) == ()


def test_an_instance_that_takes_more_than_it_can_score_is_told() -> None:
    (warning,) = limits(**{ACTIVITIES: "16"}).warnings(2)
    assert "takes 16 activities at once, but scores 2" in warning
    assert f"set {ACTIVITIES} to 4" in warning


def test_an_instance_that_takes_too_little_is_told() -> None:
    (warning,) = limits(**{ACTIVITIES: "3"}).warnings(4)
    assert "takes only 3 activities" in warning
    assert f"set {ACTIVITIES} to 8" in warning


def test_too_few_threads_are_told_of() -> None:
    (warning,) = limits(**{ACTIVITIES: "16", THREADS: "24"}).warnings(8)
    assert "24 threads are too few for 16 activities, 8 orchestrators" in warning
    assert f"set {THREADS} to 32 or more" in warning
    shared = {ACTIVITIES: "16", THREADS: "24", PROCESSES: "2"}
    assert limits(**shared).warnings(8) == ()


def test_a_local_host_takes_twice_what_it_can_score() -> None:
    assert activity_limit({"BATCHPOINT_MAX_SCORERS": "3"}) == {ACTIVITIES: "6"}
    (by_cores,) = activity_limit({"BATCHPOINT_MAX_SCORERS": ""}).values()
    assert int(by_cores) >= 2
    assert activity_limit({ACTIVITIES.upper(): "1", "BATCHPOINT_MAX_SCORERS": "3"}) == {}
