"""A pack that reaches back to days before there were lights says so, and still tells who is admitted."""

from datetime import date

import pytest

from app.assessment import Basis, assess
from app.domain.errors import NoRulesInForceError
from app.features.base import loan_base
from app.policy.policy import load
from app.warning.effects import EffectTable
from tests.features.ledger import HOUSEHOLD, ledger, loan

DAY = date(2003, 6, 1)
FRAMES = ledger(
    loans=[loan(amount=100_000, disbursed_on=date(2003, 1, 1), matures_on=date(2003, 12, 31))],
    households=[HOUSEHOLD | {"surveyed_on": date(2002, 1, 1)}],
)


def test_a_day_without_lights_is_told_by_pack_and_day() -> None:
    basis = Basis(policy=load("yunnan2000"), estimator=None, effects=EffectTable.of(None))

    with pytest.raises(NoRulesInForceError, match="'yunnan2000' has no lights from 2000-06-19 on") as told:
        assess(FRAMES, loan_base(FRAMES, as_of=DAY), as_of=DAY, basis=basis)

    assert "没有红黄绿灯" in told.value.problem.zh


def test_a_day_before_the_scheme_existed_is_told() -> None:
    with pytest.raises(NoRulesInForceError, match="'yunnan2000' has no rules in force on 2000-06-18"):
        load("yunnan2000").at(date(2000, 6, 18))
