"""Who is admitted: the eight conditions of 庙山镇, first and following loans of 云南 2000, and others."""

from datetime import date, timedelta
from typing import Any

import pytest

from app.domain.scheme_words import SurveyItem
from app.policy.policy import load
from app.portfolio.admission import admissions
from app.portfolio.scheme import SchemeAbsentError
from tests.features.ledger import HOUSEHOLD, income, ledger, loan, paid

AS_OF = date(2018, 6, 1)
EARLIER = date(2017, 1, 1)
YES = ("capable", "able_to_start", "resident", "use_clear", "willing_to_repay", "able_to_repay",
       "accepts_supervision", "good_repute", "sound_project")  # fmt: skip


def answers(on: date = EARLIER, **differences: Any) -> list[dict[str, Any]]:
    given: dict[str, Any] = dict.fromkeys(YES, 1.0) | differences
    return [
        {"household_id": "H1", "item": item, "value": value, "asked_on": on}
        for item, value in given.items()
        if value is not None
    ]


def applied(on: date = AS_OF, **terms: Any) -> dict[str, Any]:
    plain = {"application_id": "A1", "household_id": "H1", "borrower_id": "P1", "bank": "B1"}
    return plain | {"applied_on": on, "amount": 5_000_000, "term_months": 24, "industry": "sheep"} | terms


def born(years_ago: float, on: date = AS_OF) -> date:
    return date(on.year - int(years_ago), on.month, on.day) - timedelta(days=round(years_ago % 1 * 365))


def judged(pack: str, on: date = AS_OF, **tables: list[dict[str, Any]]) -> dict[str, Any]:
    """What a pack says of the only application, of a household that fulfils all conditions but for …"""
    since = on.replace(year=on.year - 1)
    person = {"household_id": "H1", "person_id": "P1", "relation": "head", "born_on": born(40, on),
              "labour": "able", "joined_on": since}  # fmt: skip
    plain: dict[str, list[dict[str, Any]]] = {
        "households": [HOUSEHOLD | {"surveyed_on": since}],
        "household_members": [person],
        "registrations": [{"household_id": "H1", "registration": "registered", "registered_on": since}],
        "surveys": answers(since),
        "applications": [applied(on)],
        "loans": [],
    }
    frames = ledger(**(plain | tables))
    return admissions(frames, as_of=on, rules=load(pack).at(on)).row(0, named=True)


def of_age(years: float, months: int) -> dict[str, Any]:
    person = {"household_id": "H1", "person_id": "P1", "relation": "head", "born_on": born(years),
              "labour": "able", "joined_on": EARLIER}  # fmt: skip
    return judged("miaoshan", household_members=[person], applications=[applied(term_months=months)])


def test_who_fulfils_all_eight_conditions_is_admitted() -> None:
    found = judged("miaoshan")

    assert (found["eligibility"], found["spoke"], found["unclear"]) == ("allowed", [], [])


@pytest.mark.parametrize(
    ("years", "months", "admitted"),
    [
        (59, 12, True), (59, 13, False), (58, 24, True), (58, 25, False), (57, 36, True), (57, 37, False),
        (60, 1, False), (59.5, 12, True), (59.9, 12, True), (47, 24, True),
    ],
)  # fmt: skip
def test_age_and_term_are_60_years_at_most(years: float, months: int, admitted: bool) -> None:  # noqa: FBT001
    found = of_age(years, months)

    assert ("age_and_term" not in found["spoke"]) is admitted
    assert (found["eligibility"] != "refused") is admitted


@pytest.mark.parametrize(("born_on", "says"), [(date(2000, 6, 1), "allowed"), (date(2000, 6, 2), "refused")])
def test_who_is_18_on_the_day_is_admitted_and_a_day_younger_is_not(born_on: date, says: str) -> None:
    person = {"household_id": "H1", "person_id": "P1", "relation": "head", "born_on": born_on,
              "labour": "able", "joined_on": EARLIER}  # fmt: skip

    assert judged("miaoshan", household_members=[person])["eligibility"] == says


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (SurveyItem.CAPABLE, "refused"),
        (SurveyItem.RESIDENT, "referred"),
        (SurveyItem.USE_CLEAR, "refused"),
        (SurveyItem.WILLING_TO_REPAY, "refused"),
        (SurveyItem.ABLE_TO_REPAY, "refused"),
        (SurveyItem.ACCEPTS_SUPERVISION, "refused"),
        (SurveyItem.GOOD_REPUTE, "referred"),
    ],
)
def test_hard_conditions_refuse_soft_ones_refer_and_unasked_ones_refer(item: SurveyItem, says: str) -> None:
    no = judged("miaoshan", surveys=answers(EARLIER, **{item.value: 0.0}))
    unasked = judged("miaoshan", surveys=answers(EARLIER, **{item.value: None}))

    assert no["eligibility"] == says
    assert (unasked["eligibility"], len(unasked["unclear"])) == ("referred", 1)


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"amount": 5_000_000}, "allowed"),
        ({"amount": 5_000_001}, "refused"),
        ({"term_months": 24}, "allowed"),
        ({"term_months": 25}, "referred"),
        ({"term_months": 36}, "referred"),
    ],
)
def test_the_amount_is_a_limit_and_the_term_a_habit(terms: dict[str, Any], says: str) -> None:
    assert judged("miaoshan", applications=[applied(**terms)])["eligibility"] == says


@pytest.mark.parametrize(
    ("word", "says"), [("registered", "allowed"), ("lifted", "referred"), ("ordinary", "refused")]
)
def test_the_household_is_on_the_register(word: str, says: str) -> None:
    fact = {"household_id": "H1", "registration": word, "registered_on": EARLIER}

    assert judged("miaoshan", registrations=[fact])["eligibility"] == says


@pytest.mark.parametrize(
    ("mark", "cleared_on", "says"),
    [
        ("not_bad_faith", None, "refused"),
        ("not_bad_faith", date(2018, 5, 31), "allowed"),
        ("not_bad_faith", date(2018, 6, 2), "refused"),
        ("bad_faith", None, "refused"),
        ("bad_faith", date(2018, 5, 31), "referred"),
    ],
)
def test_bad_credit_is_repaid_before_and_was_not_in_bad_faith(
    mark: str, cleared_on: date | None, says: str
) -> None:
    fact = {"household_id": "H1", "mark": mark, "marked_on": EARLIER, "cleared_on": cleared_on}

    assert judged("miaoshan", credit_marks=[fact])["eligibility"] == says


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"borrower_id": "P2"}, "refused"),
        ({"borrower_id": "P2", "bank": "B2"}, "referred"),  # the national rule of one loan a household
        ({"borrower_id": "P2", "industry": "not_productive"}, "referred"),
        ({"borrower_id": "P1"}, "referred"),
    ],
)
def test_no_other_member_has_a_production_loan_at_the_same_bank(terms: dict[str, Any], says: str) -> None:
    running = loan(disbursed_on=date(2017, 6, 1), matures_on=date(2019, 6, 1), **terms)

    found = judged("miaoshan", loans=[running])

    assert found["eligibility"] == says


@pytest.mark.parametrize(("until", "says"), [(date(2018, 5, 31), "allowed"), (AS_OF, "referred")])
def test_a_credit_line_in_force_goes_to_a_person(until: date, says: str) -> None:
    line = {"line_id": "C1", "household_id": "H1", "bank": "B1", "credit_limit": 5_000_000,
            "granted_on": EARLIER, "expires_on": until}  # fmt: skip

    assert judged("miaoshan", credit_lines=[line])["eligibility"] == says


def test_after_2020_only_the_national_rules_are_left() -> None:
    found = judged("miaoshan", date(2021, 1, 1), surveys=[])

    assert (found["eligibility"], found["unclear"]) == ("allowed", [])


# --- 云南 2000 ---

THEN = date(2003, 6, 1)
GROUP = {"group_id": "G1", "household_id": "H1", "role": "member", "joined_on": date(2002, 1, 1)}


def of_amount(yuan: float, repaid_on: date | None = None, **tables: list[dict[str, Any]]) -> str:
    """What is said of an amount after no loan, or after one of 1 000 yuan that was due on 1 March."""
    before: list[dict[str, Any]] = []
    if repaid_on is not None:
        days = {"disbursed_on": date(2002, 3, 1), "matures_on": date(2003, 3, 1)}
        before = [loan(amount=100_000, method="bullet_end", **days)]
        tables |= {"repayments": [paid(repaid_on, principal=100_000)]}
    asked = applied(THEN, amount=round(yuan * 100), term_months=12)
    given = {"guarantee_groups": [GROUP], "applications": [asked], "loans": before} | tables
    return str(judged("yunnan2000", THEN, **given)["eligibility"])


@pytest.mark.parametrize(
    ("yuan", "says"),
    [(999.99, "refused"), (1_000, "allowed"), (1_500, "allowed"), (1_500.01, "refused"), (3_000, "refused")],
)
def test_a_first_loan_is_1000_to_1500_yuan(yuan: float, says: str) -> None:
    assert of_amount(yuan) == says


@pytest.mark.parametrize(
    ("yuan", "says"),
    [
        (1_500.01, "allowed"),
        (2_000, "allowed"),
        (2_000.01, "referred"),
        (3_000, "referred"),
        (3_000.01, "refused"),
    ],
)
def test_a_following_loan_rises_to_2000_yuan_and_never_above_3000(yuan: float, says: str) -> None:
    assert of_amount(yuan, repaid_on=date(2003, 3, 1)) == says


@pytest.mark.parametrize(
    ("repaid_on", "says"),
    [
        (date(2003, 2, 1), "allowed"),
        (date(2003, 3, 1), "allowed"),
        (date(2003, 3, 2), "refused"),
    ],
)
def test_only_loans_repaid_on_time_raise_the_amount(repaid_on: date, says: str) -> None:
    assert of_amount(2_000, repaid_on) == says


def test_a_raise_wants_effect_and_any_loan_a_joint_liability_group() -> None:
    no_effect = answers(date(2003, 1, 1), sound_project=0.0)

    assert of_amount(2_000, date(2003, 3, 1), surveys=no_effect) == "referred"
    assert of_amount(1_500, surveys=no_effect) == "allowed"
    assert of_amount(1_500, guarantee_groups=[]) == "referred"
    assert of_amount(1_500, guarantee_groups=[GROUP | {"left_on": THEN}]) == "referred"


def test_a_pack_without_conditions_says_so() -> None:
    rules = load("national").at(AS_OF)
    bare = type(rules)(**{name: getattr(rules, name) for name in rules.__slots__} | {"eligibility": ()})

    with pytest.raises(SchemeAbsentError, match="'national' says nothing on eligibility on 2018-06-01"):
        admissions(ledger(), as_of=AS_OF, rules=bare)


# --- 宁夏, 景宁 ---


def test_a_group_or_a_society_is_the_way_in() -> None:
    group = {"group_id": "G1", "household_id": "H1", "role": "member", "joined_on": EARLIER}
    society = {"society_id": "S1", "household_id": "H1", "joined_on": EARLIER}

    assert judged("ningxia", guarantee_groups=[group])["eligibility"] == "allowed"
    assert judged("ningxia", society_members=[society])["eligibility"] == "allowed"
    assert judged("ningxia")["unclear"] == ["guarantee_or_recommendation"]
    assert judged("ningxia", guarantee_groups=[group, group | {"group_id": "G2"}])["spoke"] == ["one_group"]


@pytest.mark.parametrize(("yuan", "says"), [(4_000.00, "allowed"), (4_000.01, "refused")])
def test_subsidised_loans_are_for_4000_yuan_a_head_and_less(yuan: float, says: str) -> None:
    earned = income(date(2018, 2, 1), 0) | {"amount": round(yuan * 100)}

    assert judged("jingning", incomes=[earned])["eligibility"] == says


def test_an_income_that_nobody_knows_goes_to_a_person() -> None:
    found = judged("jingning")

    assert (found["eligibility"], found["unclear"]) == ("referred", ["low_income"])
