"""What the figures of pages and reminders say of what was timed elsewhere."""

from typing import Any, cast

from tests.bench.installation import Installation
from tests.bench.measures import reminding, results
from tests.bench.sizes import FULL, QUICK


class Said:
    """An installation in which nothing runs: it keeps what it was told, and says what was found."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.found = found
        self.told: dict[str, Any] = {}

    def inside(self, module: str, *, told: dict[str, Any]) -> dict[str, Any]:
        """Keep and say."""
        self.told[module] = told
        return self.found


def pages(queries: int, *runs: float) -> dict[str, Any]:
    """What is found of one size."""
    return {"runs": list(runs), "pages": {"study": {"ms": runs[0], "queries": queries}}}


def test_results_of_the_largest_panel_are_compared_with_those_of_ten_run_by_run() -> None:
    place = Said({"10": pages(26, 50, 40), "100": pages(26, 60), "1000": pages(27, 55, 44)})
    [figure] = results.measure(cast(Installation, place), QUICK)
    assert [(run.ours, run.yardstick) for run in figure.runs] == [(55, 50), (44, 40)]
    assert round(figure.ratio, 6) == 1.1
    assert figure.as_json()["met"]
    assert figure.growth == {10: 45, 100: 60, 1000: 49.5}
    assert figure.besides is not None
    assert not figure.besides["are_queries_equal"]
    assert place.told["results"] == {"sizes": [10, 100, 1000], "statements": 10, "runs": 5}


def test_queries_that_are_as_many_are_said_to_be() -> None:
    place = Said({"10": pages(26, 50), "100": pages(26, 60), "1000": pages(26, 55)})
    [figure] = results.measure(cast(Installation, place), QUICK)
    assert figure.besides is not None
    assert figure.besides["are_queries_equal"]


def test_the_reminder_list_of_ten_thousand_stands_beside_the_bare_loop() -> None:
    growth = {str(size): [[size / 100, size / 200]] * 5 for size in (10, 100, 1_000, 10_000)}
    place = Said({**growth, "besides": {"page_queries": 10}})
    [figure] = reminding.measure(cast(Installation, place), FULL)
    assert (figure.ratio, figure.growth) == (2, {10: 0.1, 100: 1, 1_000: 10, 10_000: 100})
    assert figure.besides == {"panelists": 10_000, "page_queries": 10}
    assert place.told["reminding"]["sizes"] == [10, 100, 1_000, 10_000]
