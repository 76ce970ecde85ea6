"""Merging, dates and hashes of packs."""

from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import NoRulesInForceError
from app.policy.pack import SECTIONS
from app.policy.policy import PACKS, Policy, load

DAYS = st.dates(date(2014, 1, 1), date(2030, 12, 31))


@pytest.fixture(name="national")
def _national() -> Policy:
    return load("national")


@pytest.fixture(name="yanchi")
def _yanchi() -> Policy:
    return load("yanchi")


def test_a_place_keeps_what_it_does_not_override(national: Policy, yanchi: Policy) -> None:
    assert yanchi.pack.triggers == national.pack.triggers
    assert yanchi.pack.eligibility["amount"] == national.pack.eligibility["amount"]


def test_a_places_entry_replaces_the_national_one_of_the_same_code(national: Policy, yanchi: Policy) -> None:
    day = date(2023, 6, 1)

    ours, theirs = (
        yanchi.pack.eligibility["bad_faith"].at(day),
        national.pack.eligibility["bad_faith"].at(day),
    )

    assert ours is not None
    assert theirs is not None
    assert (ours.effect, theirs.effect) == ("refused", "referred")


def test_replaced_entries_keep_their_place_and_new_ones_follow(national: Policy, yanchi: Policy) -> None:
    codes = tuple(yanchi.pack.eligibility)

    assert codes == (*national.pack.eligibility, "age_60_to_65")


def test_the_amount_cap_is_50000_until_february_2026_and_100000_from_march(national: Policy) -> None:
    before, after = national.at(date(2026, 2, 28)), national.at(date(2026, 3, 1))

    assert (before.parameters["amount_cap"], after.parameters["amount_cap"]) == (50_000, 100_000)


@pytest.mark.parametrize(
    ("day", "title"),
    [
        (date(2020, 12, 31), "扶贫小额信贷"),
        (date(2021, 1, 1), "脱贫人口小额信贷"),
        (date(2026, 2, 28), "脱贫人口小额信贷"),
        (date(2026, 3, 1), "帮扶小额信贷"),
    ],
)
def test_the_scheme_has_the_name_of_its_period(national: Policy, day: date, title: str) -> None:
    assert national.at(day).regimes[0].now.title_zh == title


def test_a_day_before_the_scheme_existed_names_pack_and_day(yanchi: Policy) -> None:
    with pytest.raises(NoRulesInForceError, match="'yanchi' has no rules in force on 2013-12-31") as raised:
        yanchi.at(date(2013, 12, 31))

    assert raised.value.problem.zh == "政策包“yanchi”在 2013-12-31 没有生效的规则"


def test_yanchi_has_no_rating_before_it_was_reported(yanchi: Policy) -> None:
    before, after = yanchi.at(date(2015, 9, 24)), yanchi.at(date(2015, 9, 25))

    assert (len(before.indicators), len(after.indicators)) == (0, 14)


def test_the_parts_of_the_rating_are_60_30_and_10(yanchi: Policy) -> None:
    parts = {part.code: part.now.points for part in yanchi.at(date(2023, 6, 1)).parts}

    assert parts == {"integrity": 60, "income": 30, "basics": 10}


def test_the_national_pack_has_no_rating_of_its_own(national: Policy) -> None:
    assert national.at(date(2023, 6, 1)).indicators == ()


@given(day=DAYS)
def test_nothing_changes_before_the_next_change(day: date) -> None:
    policy = load("yanchi")
    change = policy.next_change_after(day)

    rules = policy.at(day)

    assert rules.since <= day
    assert rules.until == change
    if change is not None:
        assert policy.at(change - timedelta(days=1)) is rules
        assert policy.at(change) is not rules


@given(day=DAYS)
def test_every_resolved_value_is_in_force_on_the_day(day: date) -> None:
    rules = load("yanchi").at(day)

    sections = [rules.parameter_entries, *(getattr(rules, s) for s in SECTIONS if s != "parameters")]

    for resolved in (entry for section in sections for entry in section):
        assert resolved.now.from_ <= day
        assert resolved.now.to is None or day <= resolved.now.to


def test_no_rule_changes_after_the_last_one(national: Policy) -> None:
    assert national.next_change_after(date(2026, 3, 1)) is None


def test_a_pack_that_ships_is_loaded_once() -> None:
    assert load("yanchi") is load("yanchi")


def test_the_hash_of_a_pack_does_not_depend_on_comments_or_order(tmp_path: Path, yanchi: Policy) -> None:
    folder = Path(copytree(PACKS / "yanchi", tmp_path / "yanchi"))
    file = folder / "rating.yaml"
    first, second = file.read_text(encoding="utf-8").split("\ngrades:\n")
    file.write_text(f"# a remark\ngrades:\n{second}\n{first}\n", encoding="utf-8")

    assert load(folder).content_hash == yanchi.content_hash


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("rating.yaml", "limit: 20000", "limit: 19999"),
        ("rating.yaml", "zh: 诚信度", "zh: 诚信"),
        ("pack.yaml", 'county_codes: ["640323"]', 'county_codes: ["640324"]'),
    ],
)
def test_the_hash_of_a_pack_changes_with_anything_it_says(
    tmp_path: Path, yanchi: Policy, file: str, before: str, after: str
) -> None:
    folder = Path(copytree(PACKS / "yanchi", tmp_path / "yanchi"))
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")

    assert load(folder).content_hash != yanchi.content_hash


def test_the_hash_is_64_hexadecimal_digits(yanchi: Policy, national: Policy) -> None:
    assert len(yanchi.content_hash) == 64
    assert yanchi.content_hash != national.content_hash
    assert yanchi.at(date(2023, 6, 1)).content_hash == yanchi.content_hash
