import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from app.scoring.artifact import load
from app.scoring.groups import GROUPS
from app.scoring.terms import group_column, group_value
from app.scoring.training import Artefact
from app.scoring.training_record import RECORD, Run, fixed_record
from app.scoring.training_rows import scored_columns
from tests.scoring.conftest import SPEC

COLUMNS = scored_columns(SPEC)
RUN = Run(operator="op-17", started_at=datetime(2024, 7, 1, 3, 4, 5, 678, tzinfo=UTC))


def test_the_record_tells_what_was_learnt_from_and_by_whom(artefact: Artefact, tmp_path: Path) -> None:
    artefact.save(tmp_path / "maturity", RUN)

    record = json.loads((tmp_path / "maturity" / RECORD).read_bytes())

    assert (record["operator"], record["started_at"]) == ("op-17", "2024-07-01T03:04:05+00:00")
    assert record["data"]["loans"] == artefact.metrics["loans"]
    assert record["data"]["known_until"] == "2024-06-30"
    assert record["libraries"]["lightgbm"]
    assert {"sex", "ethnicity"} <= set(record["never_used"])
    assert record["not_for"]


def test_another_operator_makes_the_same_artefact(artefact: Artefact, tmp_path: Path) -> None:
    ids = [artefact.save(tmp_path / run.operator, run) for run in (RUN, Run(operator="op-03"))]

    assert ids[0] == ids[1] == load(tmp_path / "op-03").artefact_id


def test_one_changed_value_changes_the_fingerprint(rows: pl.DataFrame) -> None:
    first = pl.int_range(pl.len()) == 0
    amount = pl.when(first).then(pl.col("amount_yuan") + 1).otherwise("amount_yuan").alias("amount_yuan")
    prints = [
        fixed_record(each, COLUMNS, SPEC)["data"]["fingerprint"]
        for each in (rows, rows.clone(), rows.with_columns(amount))
    ]

    assert prints[0] == prints[1] != prints[2]


def test_groups_are_told_in_metrics_and_card(artefact: Artefact) -> None:
    gaps, card = artefact.metrics["groups"], artefact.files["MODEL_CARD.md"].decode()

    assert {gap["column"] for gap in gaps} <= set(GROUPS)
    assert {"age", "kind"} <= {gap["column"] for gap in gaps}
    assert min(gap["n"] for gap in gaps) >= SPEC.group_loans
    for gap in gaps:
        named = f"{group_column(gap['column'])}：{group_value(gap['column'], gap['group'])}"
        assert f"| {named} | {gap['n']:,} | {gap['expected']:.2%} | {gap['observed']:.2%} |" in card


def test_the_card_tells_the_record(artefact: Artefact) -> None:
    card, record = artefact.files["MODEL_CARD.md"].decode(), artefact.manifest["record"]

    for told in (
        record["data"]["fingerprint"],
        record["code"]["catalogue"],
        record["environment"]["python"],
        RECORD,
    ):
        assert told in card
    for use in record["not_for"]:
        assert use["zh"] in card
        assert use["en"] in card
