"""Rules in force as rows that a person can read."""

from datetime import date

import pytest

from app.domain.errors import NoRulesInForceError
from app.policy.conditions import Bound, Condition
from app.policy.pack import SECTIONS
from app.policy.phrases import Label, Phrases, Text, amount
from app.policy.policy import load, policies
from app.policy.presentation import SECTION_NAMES, RuleRow, rule_rows
from app.policy.vocabulary import VOCABULARY
from app.policy.vocabulary_labels import VOCABULARY_LABELS
from app.services.labels import LABELS

DAY = date(2023, 6, 1)


def _row(pack: str, section: str, code: str, day: date = DAY) -> RuleRow:
    return next(row for row in rule_rows(load(pack), day, LABELS, section=section) if row.code == code)


def _condition(**content: object) -> Condition:
    return Condition.model_validate(content)


def _said(condition: Condition) -> Text:
    labels = {
        "age": Label(zh="年龄", en="age", unit="years of age"),
        "late": Label(zh="逾期", en="late", unit="flag"),
    }
    return Phrases(labels=labels, parameters={}).condition(condition)


@pytest.mark.parametrize("pack", policies())
@pytest.mark.parametrize("day", [date(2018, 6, 1), date(2020, 6, 1), DAY, date(2026, 6, 1)])
def test_every_rule_of_every_pack_says_something_in_both_languages(pack: str, day: date) -> None:
    policy = load(pack)
    if not any(regime.at(day) for regime in policy.pack.regimes.values()):
        with pytest.raises(NoRulesInForceError):
            rule_rows(policy, day, LABELS)
        return

    rows = rule_rows(policy, day, LABELS)

    silent = [(row.section, row.code) for row in rows if not row.says.zh.strip() or not row.says.en.strip()]
    assert rows
    assert silent == []


def test_every_section_has_a_name() -> None:
    assert list(SECTION_NAMES) == list(SECTIONS)


def test_every_column_of_a_vocabulary_has_a_label() -> None:
    unnamed = {name for names in VOCABULARY.values() for name in names} - LABELS.keys()

    assert unnamed == set()
    assert all(label.zh and label.en for label in VOCABULARY_LABELS.values())


def test_a_rule_is_told_with_numbers_units_and_what_follows() -> None:
    amount_rule = _row("national", "eligibility", "amount")

    assert amount_rule.says.zh == "贷款金额大于“单笔贷款额度上限”（50,000元） → 不符合；无资料时转人工"
    assert amount_rule.says.en.startswith("loan amount: above “most that may be lent")
    assert "(50,000 yuan) → refused" in amount_rule.says.en


def test_a_place_tells_what_is_its_own_and_what_it_inherits() -> None:
    own, inherited = _row("yanchi", "eligibility", "bad_faith"), _row("yanchi", "eligibility", "amount")

    assert (own.inherited_from, inherited.inherited_from) == (None, "national")
    assert _row("national", "eligibility", "amount").inherited_from is None


def test_what_no_document_states_is_marked_so() -> None:
    marks = {row.mark.zh for row in rule_rows(load("national"), date(2026, 6, 1), LABELS)}
    verified = _row("yanchi", "parts", "integrity")

    assert {"设计", "未核实", "引用"} <= marks
    assert verified.mark == ("引用", "cited")
    assert verified.document


@pytest.mark.parametrize(
    ("day", "limit", "until"),
    [
        (date(2026, 2, 28), "50,000元", date(2026, 2, 28)),
        (date(2026, 3, 1), "100,000元", None),
    ],
)
def test_a_row_tells_the_value_of_its_day(day: date, limit: str, until: date | None) -> None:
    row = _row("national", "parameters", "amount_cap", day)

    assert (row.says.zh, row.until) == (limit, until)


def test_bands_of_an_indicator_are_told_with_their_points() -> None:
    said = _row("yanchi", "indicators", "credit_record").says

    assert said.zh.startswith("有未解除的不良信用记录：否 7分；是 0分")
    assert "no 7 points; yes 0 points" in said.en


@pytest.mark.parametrize(
    ("content", "zh", "en"),
    [
        ({"feature": "age", "is": {"above": 60, "at_most": 65}}, "年龄大于60岁且不超过65岁", "age: above 60"),
        ({"feature": "age", "is": {"at_least": 18, "at_most": 18}}, "年龄为18岁", "age: 18 years"),
        ({"feature": "age", "is": {"equals": 1}}, "年龄为1岁", "age: 1 year"),
        ({"feature": "late", "is": {"at_least": 1}}, "逾期为是", "late: yes"),
        ({"feature": "late", "is": {"below": 1}}, "逾期为否", "late: no"),
        ({"feature": "late", "is": {"equals": True}}, "逾期为是", "late: yes"),
        ({"feature": "age", "missing": True}, "年龄无资料", "age: not known"),
        ({"feature": "age", "missing": False}, "年龄有资料", "age: known"),
        ({"feature": "no_label", "is_in": ["a", "b"]}, "no_label为a、b", "no label: a or b"),
    ],
)
def test_a_condition_is_written_out_in_words(content: dict[str, object], zh: str, en: str) -> None:
    said = _said(_condition(**content))

    assert said.zh == zh
    assert said.en.startswith(en)


def test_combined_conditions_keep_their_brackets() -> None:
    late, old = {"feature": "late", "is": {"at_least": 1}}, {"feature": "age", "is": {"above": 60}}
    either_or_missing = _condition(all_of=[{"any_of": [late, old]}, {"feature": "age", "missing": False}])

    said = _said(either_or_missing)

    assert said.zh == "（逾期为是或年龄大于60岁），且年龄有资料"
    assert said.en == "(late: yes or age: above 60 years) and age: known"
    assert _said(_condition(none_of=[late, old])).zh == "并非（逾期为是，或年龄大于60岁）"


@pytest.mark.parametrize(
    ("number", "unit", "zh", "en"),
    [
        (50_000, "yuan", "50,000元", "50,000 yuan"),
        (0.07, "share", "7%", "7%"),
        (1, "days", "1天", "1 day"),
        (4.35, "% a year", "4.35%/年", "4.35 % a year"),
        (20171130, "yyyymmdd", "2017-11-30", "2017-11-30"),
        (2017, "year", "2017年", "2017"),
        (3, "flocks", "3 flocks", "3 flocks"),
    ],
)
def test_a_number_has_its_unit(number: float, unit: str, zh: str, en: str) -> None:
    assert amount(number, unit) == (zh, en)


def test_a_bound_may_look_its_number_up() -> None:
    rules = load("national").at(DAY)
    bound = Bound.model_validate({"above": {"parameter": "term_cap_months"}})

    said = Phrases.of(rules, {}).bound(bound, "months")

    assert said == ("大于“贷款期限上限”（36个月）", "above “longest term” (36 months)")


def test_every_unit_of_every_pack_is_said_in_chinese() -> None:
    sections = ("parameters", "figures", "indicators", "triggers")
    entries = [e for name in policies() for s in sections for e in getattr(load(name).pack, s).values()]

    bare = {e.unit for e in entries if e.unit and e.unit in amount(1.0, e.unit).zh and e.unit.isascii()}

    assert bare <= {"%"}
