"""Who may be one person: found by what is shared, with no alarm for two people of one common name."""

import random
from datetime import date, timedelta

import polars as pl
import pytest

from app.portfolio.same_people import SHOWN
from tests.portfolio.suspects import county, found, home, id_number, lent, people, person, rows

TWO = [lent(1), lent(2)]
BORN = date(1970, 3, 4)
COMMON = "王建国"


def _two(first: dict[str, str], second: dict[str, str], *, one_village: bool = False) -> dict[str, set[str]]:
    homes = [home(1, 5), home(2, 5)] if one_village else [home(1), home(2)]
    return found(county(TWO, households=homes), people(person(1, **first), person(2, **second)))


def _both(*codes: str) -> dict[str, set[str]]:
    return {"L1": set(codes), "L2": set(codes)}


def test_two_people_who_share_nothing_are_no_finding() -> None:
    assert _two({}, {}) == {}


def test_two_hundred_people_of_one_common_name_are_no_finding() -> None:
    chance = random.Random(7)
    birthdays = chance.sample(range(14_000), 200)
    known = [
        person(
            n,
            full_name=COMMON,
            id_number=id_number(date(1955, 1, 1) + timedelta(days=birthdays[n]), chance.randrange(1000)),
        )
        for n in range(200)
    ]
    # two hundred people over forty villages: many have a namesake next door
    homes = [home(n, n % 40) for n in range(200)]

    told = found(county([lent(n) for n in range(200)], households=homes), people(*known))

    assert told == {}


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        ({"id_number": id_number(BORN, 1)}, {"id_number": id_number(BORN, 500)}, {"same_name"}),
        ({"phone": "00011"}, {"phone": "000 11"}, {"same_name", "same_phone"}),
        ({"account": "00022"}, {"account": "00022"}, {"same_name", "same_account"}),
    ],
)
def test_one_name_and_one_more_thing_in_common_is_a_finding(
    first: dict[str, str], second: dict[str, str], codes: set[str]
) -> None:
    told = _two({"full_name": COMMON} | first, {"full_name": COMMON} | second)

    assert told == _both(*codes)


def test_one_name_in_one_village_with_an_id_number_alike_is_a_finding_elsewhere_it_is_not() -> None:
    first = {"full_name": COMMON, "id_number": id_number(BORN, 21)}
    second = {"full_name": COMMON, "id_number": id_number(date(1980, 3, 4), 21)}

    assert _two(first, second, one_village=True) == _both("same_name")
    assert _two(first, second) == {}


def test_one_name_in_one_village_alone_is_no_finding() -> None:
    assert _two({"full_name": COMMON}, {"full_name": COMMON}, one_village=True) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("王建国", "王健国"),  # one sound
        ("王建国", "汪建国"),  # one sound but for the tone
        ("王建国", "王建军"),  # one letter
        ("王建国", "王国建"),  # two letters swapped
        ("王建国强", "王建国"),  # one letter too many
    ],
)
def test_near_names_with_one_phone_are_a_finding(one: str, other: str) -> None:
    told = _two({"full_name": one, "phone": "00011"}, {"full_name": other, "phone": "00011"})

    assert told == _both("near_name", "same_phone")


@pytest.mark.parametrize(("one", "other"), [("王建国", "王红军"), ("王伟", "王芳"), ("王", "汪")])
def test_names_that_are_further_apart_or_too_short_are_not_near(one: str, other: str) -> None:
    told = _two({"full_name": one, "phone": "00011"}, {"full_name": other, "phone": "00011"})

    assert told == _both("same_phone")


def test_near_names_with_one_birth_date_are_a_finding_within_a_village_only() -> None:
    first = {"full_name": "王建国", "id_number": id_number(BORN, 1)}
    second = {"full_name": "王建军", "id_number": id_number(BORN, 500)}

    assert _two(first, second, one_village=True) == _both("near_name")
    assert _two(first, second) == {}


VALID = id_number(BORN, 123)


@pytest.mark.parametrize(
    "slip",
    [
        VALID[:9] + str((int(VALID[9]) + 1) % 10) + VALID[10:],  # one wrong
        VALID[:14] + VALID[15] + VALID[14] + VALID[16:],  # two swapped
        VALID[:5] + VALID[6:],  # one missing
    ],
)
def test_an_id_number_one_slip_from_another_is_found_and_is_invalid(slip: str) -> None:
    told = _two({"id_number": VALID}, {"id_number": slip})

    assert told == {"L1": {"alike_id"}, "L2": {"alike_id", "invalid_id"}}


def test_neighbours_in_the_register_of_births_are_not_alike() -> None:
    told = _two({"id_number": id_number(BORN, 21)}, {"id_number": id_number(BORN, 22)})

    assert told == {}


def test_one_phone_within_a_household_is_no_finding_and_one_account_is() -> None:
    loans = [lent(1, kind="new"), lent(2, household_id="H1", kind="top_up")]
    shared = people(person(1, phone="00011"), person(2, phone="00011"))
    account = people(person(1, account="00022"), person(2, account="00022"))

    assert "same_phone" not in set().union(*found(county(loans), shared).values())
    assert {"same_account"} <= found(county(loans), account)["L1"]


def test_one_id_number_with_loans_in_two_households_is_found_with_the_other_loan() -> None:
    told = rows(county([lent(1), lent(2, borrower_id="P1")]), people(person(1)))

    assert told.select("loan_id", "finding", "related").rows() == [
        ("L1", "same_id", ["L2"]),
        ("L2", "same_id", ["L1"]),
    ]


def test_a_phone_of_many_names_some_of_the_loans_and_counts_all() -> None:
    known = people(*(person(n, phone="00011") for n in range(300)))

    told = rows(county([lent(n) for n in range(300)]), known)

    assert set(told.get_column("finding")) == {"same_phone"}
    assert set(told.get_column("related_loans")) == {299}
    assert set(told.get_column("related").list.len()) == {SHOWN}


def test_no_name_number_phone_or_account_comes_out() -> None:
    known = [person(n, full_name="模拟某某", phone="00011", account="00022") for n in (1, 2)]

    told = rows(county(TWO), people(*known))

    secrets = {str(value) for row in known for key, value in row.items() if key != "person_id"}
    text = told.select(pl.all().exclude("related").cast(pl.String)).write_csv()
    assert told.height == 6
    assert not [secret for secret in secrets if secret in text]
