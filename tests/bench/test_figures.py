"""Ratios, aims and exponents, and the shape of bench.json."""

import math

import pytest

from tests.bench.figures import Aim, Figure, Run, fitted_exponent

CONTRACT = {"figure", "ours", "yardstick", "ratio", "aim", "met", "spread", "exponent"}
RUNS = [Run(10, 20), Run(30, 20), Run(12, 20), Run(16, 20), Run(14, 20)]


def figure(aim: Aim, growth: dict[int, float] | None = None) -> Figure:
    return Figure(figure="close", unit="s", what="a bare loop", runs=RUNS, aim=aim, growth=growth)


def test_the_ratio_is_the_median_of_those_of_the_runs() -> None:
    made = Figure(figure="close", unit="s", what="", runs=[Run(1, 1), Run(9, 3), Run(4, 2)], aim=Aim(3))
    assert made.ratio == 2
    # The ratio of the medians would be another one.
    assert (made.as_json()["ours"], made.as_json()["yardstick"]["value"]) == (4, 2)
    slow = Figure(figure="close", unit="s", what="", runs=[Run(1, 10), Run(20, 2), Run(3, 1)], aim=Aim(3))
    assert (slow.ratio, slow.as_json()["ours"] / slow.as_json()["yardstick"]["value"]) == (3, 1.5)


def test_a_figure_is_written_with_all_that_the_contract_names() -> None:
    written = figure(Aim(0.5, "at least"), growth={10: 2.0, 1000: 2.0}).as_json()
    assert set(written) >= CONTRACT
    assert written["spread"] == {"runs": 5, "least": 0.5, "greatest": 1.5}
    assert written["yardstick"] == {"what": "a bare loop", "value": 20}
    assert (written["figure"], written["ours"], written["ratio"], written["aim"]) == ("close", 14, 0.7, 0.5)
    assert written["exponent"] == pytest.approx(0, abs=1e-9)
    assert written["growth"] == {"10": 2.0, "1000": 2.0}


def test_what_does_not_grow_has_no_exponent() -> None:
    assert figure(Aim(1)).as_json()["exponent"] is None
    assert fitted_exponent({10: 1.0}) is None


@pytest.mark.parametrize(("aim", "met"), [(Aim(0.7), True), (Aim(0.69), False), (Aim(2), True)])
def test_a_time_meets_its_aim_from_below(aim: Aim, met: bool) -> None:
    assert figure(aim).as_json()["met"] is met


@pytest.mark.parametrize(("least", "met"), [(0.7, True), (0.71, False), (0.1, True)])
def test_a_rate_meets_its_aim_from_above(least: float, met: bool) -> None:
    assert figure(Aim(least, "at least")).as_json()["met"] is met


def test_an_aim_is_one_or_the_other() -> None:
    with pytest.raises(ValueError, match="neither"):
        Aim(1, "about")


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0, 2.0])
def test_the_exponent_of_a_power_law_is_found(exponent: float) -> None:
    law = {size: 0.3 * size**exponent for size in (10, 100, 1_000, 10_000)}
    found = fitted_exponent(law)
    assert found is not None
    assert math.isclose(found, exponent, abs_tol=1e-9)
