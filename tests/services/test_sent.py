"""What may be judged as one: never what would mix."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app.services.inline import lay_out
from app.services.sent import Sent, Stored
from tests.api.bodies import score_body
from tests.services.test_inline import items

DAY = date(2025, 7, 1)


def sent(number: int, **changes: Any) -> Sent:
    body = json.loads(json.dumps(score_body()).replace('"SIM-', f'"SIM-{number}-'))
    return replace(Sent(as_of=DAY, pack="yanchi", placed=lay_out(items(body))), **changes)


def test_different_people_on_one_day_by_one_pack_go_together() -> None:
    assert sent(1).fits(sent(2))


@pytest.mark.parametrize(
    "other",
    [sent(1), sent(2, as_of=DAY + timedelta(days=1)), sent(2, pack="national")],
    ids=["the same household", "another day", "another pack"],
)
def test_what_would_mix_does_not_go_together(other: Sent) -> None:
    assert not sent(1).fits(other)


def test_a_stored_loan_may_be_asked_for_twice_in_a_pass_but_not_on_two_days() -> None:
    asked = Stored(as_of=DAY, policy=None, loan_id="L-1")

    assert asked.fits(asked)
    assert asked.fits(replace(asked, loan_id="L-2"))
    assert not asked.fits(replace(asked, as_of=DAY + timedelta(days=1)))
    assert not asked.fits(replace(asked, policy="national"))
