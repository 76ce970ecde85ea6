"""Bodies: strict, every fault named by its path, nothing of what was sent ever repeated."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.body import parse
from app.api.errors import InvalidRequestError
from app.api.requests import ScoreRequest, WarningRequest
from tests.api.bodies import score_body, warning_body

ID_NUMBER = "11010119800101007X"  # invented; only its check digit is right
Change = Callable[[dict[str, Any]], None]


def refused(raw: bytes) -> InvalidRequestError:
    with pytest.raises(InvalidRequestError) as caught:
        parse(ScoreRequest, raw)
    return caught.value


def changed(**path_values: Any) -> bytes:
    body = score_body()
    for path, value in path_values.items():
        *where, last = path.split("__")
        target: Any = body
        for step in where:
            target = target[int(step)] if step.isdigit() else target[step]
        target[last] = value
    return json.dumps(body).encode()


def test_a_whole_request_is_read() -> None:
    body = parse(ScoreRequest, json.dumps(score_body()).encode())

    household = body.model_dump()["household"]
    assert household["loans"][0]["industry"] == "sheep"
    assert household["loans"][0]["repayments_due"][0]["principal"] == 5_000_000


def test_a_month_is_kept_as_its_first_day() -> None:
    body = parse(ScoreRequest, changed(household__incomes__0__received_in="2025-03-17"))

    assert body.model_dump()["household"]["incomes"][0]["received_in"].isoformat() == "2025-03-01"


def test_a_stored_loan_needs_only_its_id() -> None:
    body = parse(WarningRequest, b'{"loan_id": "SIM-L-1"}')

    assert body.household is None


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"household__village_code": "6403231012"}, "$.household.village_code", "bad_characters"),
        ({"household__village_code": None}, "$.household.village_code", "not_a_text"),
        ({"household__surveyed_on": "2020/03/01"}, "$.household.surveyed_on", "not_a_date"),
        ({"household__surveyed_on": "2021-02-29"}, "$.household.surveyed_on", "not_a_date"),
        ({"household__surveyed_on": 1_583_020_800}, "$.household.surveyed_on", "not_a_date"),
        ({"household__surveyed_on": "1583020800"}, "$.household.surveyed_on", "not_a_date"),
        ({"household__surveyed_on": "0001-01-01"}, "$.household.surveyed_on", "too_small"),
        ({"household__surveyed_on": "9999-12-31"}, "$.household.surveyed_on", "too_large"),
        ({"household__loans__0__amount": "5000000"}, "$.household.loans[0].amount", "not_an_integer"),
        ({"household__loans__0__amount": 5e6}, "$.household.loans[0].amount", "not_an_integer"),
        ({"household__loans__0__amount": True}, "$.household.loans[0].amount", "not_an_integer"),
        ({"household__loans__0__amount": -1}, "$.household.loans[0].amount", "too_small"),
        ({"household__loans__0__amount": 10**30}, "$.household.loans[0].amount", "too_large"),
        ({"household__loans__0__industry": "gold"}, "$.household.loans[0].industry", "not_a_choice"),
        ({"household__loans__0__bank": ""}, "$.household.loans[0].bank", "empty"),
        ({"household__loans__0__bank": "a\x00b"}, "$.household.loans[0].bank", "bad_characters"),
        ({"household__loans__0__bank": "b" * 101}, "$.household.loans[0].bank", "too_long"),
        ({"household__loans": {}}, "$.household.loans", "not_a_list"),
        ({"household__land_mu": float("nan")}, "$.household.land_mu", "not_finite"),
        ({"household__land_mu": float("inf")}, "$.household.land_mu", "not_finite"),
        ({"household": []}, "$.household", "not_an_object"),
        ({"policy": "../etc"}, "$.policy", "bad_characters"),
        ({"household__head_person_id": ID_NUMBER}, "$.household.head_person_id", "personal_number"),
        ({"household__village_group": f"三组 {ID_NUMBER}"}, "$.household.village_group", "personal_number"),
    ],
)
def test_a_wrong_value_is_named_by_its_path_and_never_repeated(
    change: dict[str, Any], path: str, code: str
) -> None:
    error = refused(changed(**change))

    assert [(f.path, f.code) for f in error.findings] == [(path, code)]
    assert all(finding.zh and finding.en for finding in error.findings)
    told = repr([error.problem, error.findings])
    for value in (ID_NUMBER, "gold", "etc", "1583020800", "bbb", "6403231012"):
        assert value not in told


def test_an_unknown_field_is_placed_but_its_name_is_not_repeated() -> None:
    error = refused(changed(**{f"household__{ID_NUMBER}": 1}))

    assert [(f.path, f.code) for f in error.findings] == [("$.household", "unknown_field")]
    assert ID_NUMBER not in repr(error.findings)


@pytest.mark.parametrize(
    "number",
    [
        ID_NUMBER,
        ID_NUMBER.lower(),
        "１１０１０１１９８００１０１００７Ｘ",
        f" {ID_NUMBER[:6]} {ID_NUMBER[6:]}",
    ],
)
def test_an_id_number_in_any_spelling_is_refused(number: str) -> None:
    error = refused(changed(application__borrower_id=number))

    assert error.findings[0].code == "personal_number"


def test_an_18_digit_contract_number_is_no_person() -> None:
    body = parse(ScoreRequest, changed(household__loans__0__loan_id="640323000000000001"))

    assert body.household.model_dump()["loans"][0]["loan_id"] == "640323000000000001"


def test_every_fault_is_told_at_once() -> None:
    body = score_body()
    del body["household"]["village_code"]
    body["household"]["loans"][0]["amount"] = "5"

    error = refused(json.dumps(body).encode())

    assert [f.path for f in error.findings] == ["$.household.village_code", "$.household.loans[0].amount"]


HOSTILE = {
    "empty": b"",
    "no JSON": b"loan",
    "not UTF-8": b'{"policy": "\xff"}',
    "UTF-16": '{"policy": "a"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "NaN at the top": b"NaN",
    "a huge exponent": b'{"household": {"land_mu": 1e400}}',
    "a lone surrogate": b'{"policy": "\\ud800"}',
    "a lone surrogate in a name": b'{"\\ud800": 1}',
    "a raw surrogate": b'{"policy": "\xed\xa0\x80"}',
    "five thousand digits": b'{"policy": ' + b"9" * 5_000 + b"}",
    "deep lists": b'{"policy": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "two documents": b"{}{}",
    "a trailing comma": b'{"policy": "a",}',
    "a comment": b"{} // x",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused_in_words(name: str) -> None:
    error = refused(HOSTILE[name])

    assert error.findings
    assert error.problem.zh
    assert error.problem.en


def test_a_field_given_twice_is_refused() -> None:
    whole = json.dumps(score_body()).encode()
    twice = whole.replace(b'"land_mu": 12.5', b'"land_mu": 12.5, "land_mu": 99.0')

    assert refused(twice).findings[0].code == "duplicate_field"


@given(raw=st.binary(max_size=60))
def test_no_bytes_break_the_parser(raw: bytes) -> None:
    assert refused(raw).findings


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(value=JSON, name=st.sampled_from(["household", "application", "as_of", "policy"]))
def test_no_value_breaks_the_parser(value: Any, name: str) -> None:
    raw = json.dumps({**score_body(), name: value}).encode("utf-8", "replace")

    with suppress(InvalidRequestError):
        assert parse(ScoreRequest, raw) is not None


def test_a_warning_can_hold_a_whole_loan() -> None:
    body = parse(WarningRequest, json.dumps(warning_body()).encode())

    assert body.household is not None
