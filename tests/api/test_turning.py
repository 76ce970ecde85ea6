"""What would turn a light: every answer is true, feasible and small, and the route tells it."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from app.features.base import loan_base
from app.features.build import build
from app.features.catalogue import FEATURES
from app.features.changing import CHANGEABLE, CHANGES, changed
from app.features.feature import Sign, Source
from app.services.contexts import latest_context
from app.services.desk import Desk, own_context
from app.services.turning import Lamp, turning
from app.warning.sentences import SECTIONS
from tests.api.client import Client
from tests.api.conftest import DAY

Told = dict[str, Any]
RANKS = {"green": 0, "yellow": 1, "red": 2}


@pytest.fixture(scope="module")
def loans(county: Desk) -> pl.DataFrame:
    with county.store.read() as work:
        frames = work.facts.frames(as_of=DAY)
    context = own_context(latest_context(county, DAY), frames, DAY)
    return build(frames, loan_base(frames, as_of=DAY), context=context)


@pytest.fixture(scope="module")
def answers(county: Desk, loans: pl.DataFrame) -> list[Told]:
    return turning(county, loans["loan_id"].to_list(), as_of=DAY, policy=None)


@pytest.fixture(scope="module")
def turnable(answers: list[Told]) -> list[Told]:
    found = [answer for answer in answers if answer["turns"]]
    assert len(found) >= 3
    return found


def units_of(turn: Told) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    units = {change["code"]: change["units"] for change in turn["changes"]}
    return np.array([[units.get(change.code, 0) for change in CHANGES]])


def test_lights_are_those_of_the_sweep(client: Client, answers: list[Told]) -> None:
    for answer in answers[::17]:
        swept = client.get(f"/loans/{answer['loan_id']}/warnings").json()["items"][0]

        assert (answer["light"], answer["pd"]) == (swept["light"], swept["pd"]["value"])


def test_what_is_suggested_turns_the_light_when_it_is_done(
    county: Desk, loans: pl.DataFrame, turnable: list[Told]
) -> None:
    basis = county.basis("maturity", None)
    lamp = Lamp(rules=basis.policy.at(DAY), basis=basis)

    for answer in turnable:
        before = loans.filter(pl.col("loan_id") == answer["loan_id"])
        for turn in answer["turns"]:
            after = lamp.lit(changed(before, units_of(turn))).row(0, named=True)

            assert after["light"] == turn["light"]
            assert RANKS[turn["light"]] < RANKS[answer["light"]]


def test_nothing_moves_but_what_may_and_never_to_the_worse(loans: pl.DataFrame, turnable: list[Told]) -> None:
    for answer in turnable:
        before = loans.filter(pl.col("loan_id") == answer["loan_id"])
        for turn in answer["turns"]:
            codes = {change["code"] for change in turn["changes"]}
            may = {f.name for f, c in zip(CHANGEABLE, CHANGES, strict=True) if c.code in codes}
            may |= {move.name for c in CHANGES if c.code in codes for move in c.moves}
            after = changed(before, units_of(turn))

            for f in FEATURES:
                old, new = before[f.name][0], after[f.name][0]
                if old != new and f.source is not Source.DERIVED:
                    assert f.name in may
                if f.sign is not Sign.FREE and None not in {old, new}:
                    assert (new - old) * f.sign.monotone <= 1e-9


def test_no_fewer_changes_and_no_smaller_ones_would_do(
    county: Desk, loans: pl.DataFrame, turnable: list[Told]
) -> None:
    basis = county.basis("maturity", None)
    lamp = Lamp(rules=basis.policy.at(DAY), basis=basis)

    for answer in turnable:
        before = loans.filter(pl.col("loan_id") == answer["loan_id"])
        for turn in answer["turns"]:
            for place in np.flatnonzero(units_of(turn)[0]):
                less = units_of(turn)
                less[0, place] -= 1

                assert lamp.ranks(changed(before, less))[0] > RANKS[turn["light"]]


def test_at_most_three_changes_are_asked_for(turnable: list[Told]) -> None:
    assert all(1 <= len(turn["changes"]) <= 3 for answer in turnable for turn in answer["turns"])


def test_nothing_is_asked_where_the_light_is_green(answers: list[Told]) -> None:
    green = [answer for answer in answers if answer["light"] == "green"]

    assert green
    assert all(not answer["turns"] and not answer["standing"] for answer in green)
    assert {answer["why_none_zh"] for answer in green} == {"已是绿灯，无须改变。"}


def test_a_light_that_nothing_turns_names_what_stands(answers: list[Told]) -> None:
    stuck = [a for a in answers if a["light"] != "green" and not a["turns"] and a["standing"]]

    assert stuck
    kinds = {standing["kind"] for answer in stuck for standing in answer["standing"]}
    assert kinds <= {*SECTIONS, "data_gaps", "estimate"}
    assert all(s["sentence_zh"] and s["sentence_en"] for answer in stuck for s in answer["standing"])


def test_every_loan_that_is_not_green_has_a_way_or_a_reason(answers: list[Told]) -> None:
    assert all(bool(answer["turns"]) != bool(answer["why_none_zh"]) for answer in answers)


def test_a_list_is_answered_as_its_loans_alone(county: Desk, answers: list[Told]) -> None:
    picked = answers[::41]

    assert [turning(county, [a["loan_id"]], as_of=DAY, policy=None)[0] for a in picked] == picked


def test_the_route_tells_sentences_with_amounts(client: Client, turnable: list[Told]) -> None:
    for answer in turnable[:3]:
        told = client.get(f"/loans/{answer['loan_id']}/turning").json()

        assert told["turns"][0]["sentence_zh"] == answer["turns"][0]["sentence_zh"]
        assert told["turns"][0]["sentence_zh"].endswith("（其余事实不变）。")
        for change in told["turns"][0]["changes"]:
            assert change["zh"] in told["turns"][0]["sentence_zh"]


def test_the_route_takes_day_and_pack(client: Client, turnable: list[Told]) -> None:
    told = client.get(f"/loans/{turnable[0]['loan_id']}/turning?as_of={DAY}&policy=national").json()

    assert (told["as_of"], told["policy"]) == (DAY.isoformat(), "national")


def test_an_unknown_loan_has_no_turning(client: Client) -> None:
    answer = client.get("/loans/nobody/turning")

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_every_light_that_cannot_turn_green_says_what_stands_in_the_way(answers: list[Told]) -> None:
    kept = [
        answer
        for answer in answers
        if answer["light"] != "green" and "green" not in {turn["light"] for turn in answer["turns"]}
    ]

    assert len(kept) > 10
    for answer in kept:
        assert answer["standing"] or "最多" in (answer["why_none_zh"] or "")
    assert all(not a["standing"] for a in answers if "green" in {turn["light"] for turn in a["turns"]})
