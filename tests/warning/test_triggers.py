import polars as pl
import pytest

from app.warning.triggers import judge_triggers
from tests.warning.simulated import entry, frame, is_, judge_one, loan, rules

RULES = rules()


def _hits(**differences: object) -> list[dict[str, object]]:
    hits: list[dict[str, object]] = judge_one(RULES, **differences)["triggers"]
    return hits


@pytest.mark.parametrize(
    ("days", "light"), [(0, "green"), (1, "yellow"), (30, "yellow"), (31, "red"), (400, "red")]
)
def test_principal_past_due_turns_yellow_on_day_1_and_red_after_day_30(days: int, light: str) -> None:
    judged = judge_one(RULES, principal_days_late=float(days))

    assert judged["trigger_light"] == light


def test_a_trigger_says_what_it_saw_and_which_bound_that_met() -> None:
    assert _hits(principal_days_late=31.0) == [
        {"code": "principal_late", "light": "red", "value": 31.0, "threshold": 30.0, "cause": "income"}
    ]


def test_triggers_stand_worst_first_then_in_the_order_of_the_pack() -> None:
    hits = _hits(principal_days_late=5.0, interest_days_late=40.0, contact_lost=1.0, illness_12m=1.0)

    assert [hit["code"] for hit in hits] == ["interest_late", "lost", "principal_late", "ill"]


def test_a_trigger_speaks_once_with_its_worse_light() -> None:
    assert [hit["light"] for hit in _hits(interest_days_late=30.0)] == ["red"]


def test_a_trigger_reads_its_bound_from_a_parameter() -> None:
    (hit,) = _hits(income_per_head_12m_yuan=4_999.0, days_to_maturity=180.0)

    assert (hit["code"], hit["threshold"]) == ("poor", 5_000.0)


def test_a_trigger_is_silent_about_loans_outside_its_narrowing() -> None:
    assert _hits(income_per_head_12m_yuan=4_999.0, days_to_maturity=181.0) == []


def test_not_knowing_whether_the_narrowing_holds_does_not_silence_a_trigger() -> None:
    when = is_("use_mode_firm", equals=1)
    narrowed = rules(
        triggers={
            "firm": entry({"feature": "idle_found", "cause": "use_of_funds"}, red={"equals": 1}, when=when)
        }
    )

    judged = judge_one(narrowed, idle_found=1.0, use_mode_firm=None)

    assert judged["trigger_light"] == "red"


def test_a_missing_feature_fires_no_trigger() -> None:
    assert _hits(principal_days_late=None, contact_lost=None, illness_12m=None) == []


def test_a_pack_without_triggers_leaves_every_loan_green() -> None:
    judged = judge_triggers(frame(loan(contact_lost=1.0)), rules(triggers={}))

    assert judged.row(0, named=True) == {"row": 0, "trigger_light": "green", "triggers": []}


def test_no_loans_give_no_rows_of_the_same_shape() -> None:
    some = judge_triggers(frame(loan()), RULES)

    none = judge_triggers(frame(loan()).clear(), RULES)

    assert none.is_empty()
    assert none.schema == some.schema


def test_reasons_stay_with_their_own_loan() -> None:
    loans = frame(loan(), loan(illness_12m=1.0), loan(), loan(contact_lost=1.0))

    judged = judge_triggers(loans, RULES)

    codes = judged["triggers"].list.eval(pl.element().struct.field("code")).to_list()
    assert codes == [[], ["ill"], [], ["lost"]]
