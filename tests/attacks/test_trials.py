"""All attacks over several studies, on this database: few of them here, sixty with `make attack`."""

import pytest
from django.conf import settings
from django.db import connection

from surveys.operations.anonymity.catalogue import ATTACKS
from surveys.operations.anonymity.findings import PANELISTS, Verdict
from surveys.operations.anonymity.trials import run
from tests import processes


@pytest.mark.django_db(transaction=True)
def test_the_promise_holds_against_every_attack(trials: int) -> None:
    findings = {finding.query: finding for finding in run(trials, variables=processes.environment())}
    expected = dict.fromkeys((attack.query for attack in ATTACKS), Verdict.HOLDS) | {"Q22": Verdict.LIMIT}
    on_postgresql = connection.vendor == "postgresql"
    expected |= dict.fromkeys(["Q20"] if on_postgresql else ["Q4", "Q9"], Verdict.NOT_HERE)
    expected |= {} if settings.REDIS_URL else {"Q13": Verdict.NOT_HERE}
    assert {query: (finding.found, finding.verdict) for query, finding in findings.items()} == {
        query: ((), verdict) for query, verdict in expected.items()
    }
    assert findings["Q5"].people == findings["Q22"].relinked == PANELISTS * trials


def test_every_attack_of_the_brief_is_there_in_its_order() -> None:
    assert [attack.query for attack in ATTACKS] == [f"Q{number}" for number in range(1, 23)]
