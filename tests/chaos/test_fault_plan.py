"""The plan of faults: the same for the same seed, in the given shares."""

import pytest

from chaos.faults import USUAL_RATES, Fault, FaultPlan


def draws(seed: int, count: int = 20_000) -> list[Fault | None]:
    plan = FaultPlan(seed)
    return [plan.next("GET /") for _ in range(count)]


def test_a_seed_is_a_plan():
    assert draws(1, 500) == draws(1, 500) != draws(2, 500)


def test_faults_come_in_their_shares():
    found = draws(3)
    for fault, rate in USUAL_RATES.items():
        assert found.count(fault) / len(found) == pytest.approx(rate, rel=0.3)


def test_faults_are_counted_by_kind():
    plan = FaultPlan(1, {Fault.BUSY: 1.0})
    assert [plan.next("GET /") for _ in range(3)] == [Fault.BUSY] * 3
    assert plan.counts == {Fault.BUSY: 3}


@pytest.mark.parametrize("rates", [{Fault.BUSY: -0.1}, {Fault.BUSY: 0.6, Fault.SLOW: 0.6}], ids=str)
def test_shares_that_cannot_be(rates: dict[Fault, float]):
    with pytest.raises(ValueError, match="at most 1"):
        FaultPlan(1, rates)
