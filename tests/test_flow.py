"""The main job, end to end, on both databases: a ledger file goes in, lights and advice come out."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app.assessment import assess
from app.bootstrap import effects, estimators
from app.db.store import SqlStore, open_store
from app.domain.ledger import BY_NAME
from app.domain.words import Action, Light
from app.features.base import loan_base
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.writing import write_ledger
from app.services.assessing import NotOutstandingError, warn_stored
from app.services.contexts import latest_context
from app.services.desk import Desk, own_context
from app.services.importing import import_ledger
from app.services.ports import SweepRecord, WarningFilter
from app.services.sweeping import sweep
from app.settings import ROOT, Settings
from app.simulation import CountySpec, simulate

DAY = date(2025, 9, 30)
MOMENT = datetime(2025, 9, 30, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ledger") / "台账.xlsx"
    write_ledger(file, simulate(CountySpec(seed=7, loans=300, until=DAY)).ledger)
    return file


def _desk(store: SqlStore) -> Desk:
    ids = count(1)
    return Desk(
        store=store,
        settings=Settings(sweep_chunk=60),
        clock=lambda: MOMENT,
        new_id=lambda: f"D{next(ids)}",
        estimators=estimators(ROOT / "models"),
        effects=effects(ROOT / "models"),
    )


@pytest.fixture
def desk(store: SqlStore) -> Desk:
    return _desk(store)


def _import(desk: Desk, ledger: Path | bytes, day: date = DAY) -> Any:
    rules = desk.policies.get("yanchi").at(day)
    lags = {lag.code: lag.now.days for lag in rules.knowledge}
    return import_ledger(desk.store, ledger, imported_on=day, lags=lags, limits=FileLimits())


@pytest.fixture
def swept(desk: Desk, ledger: Path) -> tuple[Desk, SweepRecord]:
    result = _import(desk, ledger)
    assert not result.bad
    return desk, sweep(desk, as_of=DAY)


def _rows(desk: Desk, **where: Any) -> list[Any]:
    with desk.store.read() as work:
        return list(work.assessments.page(WarningFilter(**where), after=None, limit=1_000))


def test_every_active_loan_gets_a_light_and_an_advice(swept: tuple[Desk, SweepRecord]) -> None:
    desk, record = swept

    rows = _rows(desk)

    assert record.loans_in == record.added == len(rows) > 50
    assert {row["light"] for row in rows} <= {light.value for light in Light}
    for row in rows:
        actions = json.loads(row["payload"])["actions"]
        assert {action["action"] for action in actions} == {action.value for action in Action}
        assert row["top_action"] in {action.value for action in Action}


def test_a_light_that_is_not_green_gives_a_reason(swept: tuple[Desk, SweepRecord]) -> None:
    desk, _ = swept

    rows = [row for row in _rows(desk) if row["light"] != "green"]

    assert rows
    for row in rows:
        payload = json.loads(row["payload"])
        spoke = (
            payload["triggers"] or payload["data_gaps"] or payload["guards"] or row["model_light"] != "green"
        )
        assert spoke
        assert row["top_cause"]


def test_sweeping_again_adds_nothing(swept: tuple[Desk, SweepRecord]) -> None:
    desk, record = swept

    again = sweep(desk, as_of=DAY)

    assert again.added == 0
    assert again.unchanged == record.loans_in
    assert again.lights == record.lights


def test_a_new_fact_adds_one_assessment(swept: tuple[Desk, SweepRecord]) -> None:
    desk, _ = swept
    loan = _rows(desk)[-1]["loan_id"]
    visit = f"贷款编号,走访日期,联系情况,知悉日期\n{loan},2025-09-30,失联,2025-09-30\n".encode()

    result = import_ledger(
        desk.store, visit, imported_on=DAY, lags={}, limits=FileLimits(), filename="走访记录.csv"
    )
    again = sweep(desk, as_of=DAY)

    assert not result.bad
    assert again.added >= 1
    with desk.store.read() as work:
        now, before = work.assessments.history(loan)
    assert now["light"] == "red"
    assert before["light"] != "red"
    assert {t["code"] for t in json.loads(now["payload"])["triggers"]} >= {"contact_lost"}


def test_a_stored_loan_asked_for_alone_is_assessed_as_in_the_sweep(swept: tuple[Desk, SweepRecord]) -> None:
    desk, _ = swept
    rows = _rows(desk)

    answers = warn_stored(desk, [row["loan_id"] for row in rows[:20]], as_of=DAY, policy=None)

    assert [a["assessment_id"] for a in answers] == [row["assessment_id"] for row in rows[:20]]
    assert len(_rows(desk)) == len(rows)


def test_a_loan_assessed_alone_equals_itself_in_the_batch(swept: tuple[Desk, SweepRecord]) -> None:
    desk, _ = swept
    with desk.store.read() as work:
        frames = work.facts.frames(as_of=DAY)
    basis = desk.basis("maturity", None)
    basis = replace(basis, context=own_context(latest_context(desk, DAY), frames, DAY))
    base = loan_base(frames, as_of=DAY)

    together = assess(frames, base, as_of=DAY, basis=basis)

    for number in range(0, base.height, 7):
        alone = assess(frames, base[number].with_columns(row=0), as_of=DAY, basis=basis)
        assert alone.to_dicts() == together[number].to_dicts()


def test_a_repaid_loan_has_no_light(swept: tuple[Desk, SweepRecord]) -> None:
    desk, _ = swept
    with desk.store.read() as work:
        loans = work.facts.frames(as_of=DAY)["loans"]["loan_id"].to_list()
    idle = min(set(loans) - {row["loan_id"] for row in _rows(desk)})

    with pytest.raises(NotOutstandingError):
        warn_stored(desk, [idle], as_of=DAY, policy=None)


def test_one_broken_loan_is_quarantined_and_the_others_go_on(swept: tuple[Desk, SweepRecord]) -> None:
    desk, record = swept
    loan = _rows(desk)[0]["loan_id"]
    _break(desk, loan)

    again = sweep(desk, as_of=DAY)

    assert again.loans_in == record.loans_in
    assert again.quarantined == 1
    assert again.added + again.unchanged == record.loans_in - 1
    assert again.added < record.loans_in / 2


def _break(desk: Desk, loan: str) -> None:
    """Store a correction that no import would let through: the loan matures on the day it began."""
    with desk.store.write() as work:
        sound = work.facts.frames(as_of=DAY)["loans"].filter(loan_id=loan)
        number = work.facts.open_import(file_sha256="0" * 64, imported_on=DAY)
        broken = sound.with_columns(
            pl.col("disbursed_on").alias("matures_on"), pl.col("version") + 1,
            pl.lit(number).alias("import_id"),
            pl.col("loan_id").alias("record_key"), pl.lit("broken").alias("content_hash"),
        )  # fmt: skip
        work.facts.append(BY_NAME["loans"], broken)
        work.facts.close_import(number, {})


def test_both_databases_hold_the_same_assessments_to_the_byte(
    sqlite_url: str, postgresql_url: str, ledger: Path
) -> None:
    stored = []
    for url in (sqlite_url, postgresql_url):
        with closing(open_store(url)) as opened:
            desk = _desk(opened)
            _import(desk, ledger)
            sweep(desk, as_of=DAY)
            stored.append(
                [{k: v for k, v in row.items() if k not in {"seq", "cursor"}} for row in _rows(desk)]
            )

    assert stored[0] == stored[1]
    assert len(stored[0]) > 50


def test_a_stored_day_is_assessed_again_to_the_same_bytes(swept: tuple[Desk, SweepRecord]) -> None:
    desk, record = swept
    visit = f"贷款编号,走访日期,生产状况\n{_rows(desk)[0]['loan_id']},2025-10-20,停滞\n".encode()
    import_ledger(
        desk.store,
        visit,
        imported_on=date(2025, 10, 25),
        lags={},
        limits=FileLimits(),
        filename="走访记录.csv",
    )
    with desk.store.read() as work:
        frames = work.facts.frames(as_of=DAY, watermark=record.watermark)
    basis = desk.basis("maturity", None)
    basis = replace(basis, context=own_context(latest_context(desk, DAY), frames, DAY))

    again = assess(frames, loan_base(frames, as_of=DAY), as_of=DAY, basis=basis)

    replayed = {row["assessment_id"]: row["payload"] for row in again.iter_rows(named=True)}
    assert replayed == {row["assessment_id"]: row["payload"] for row in _rows(desk)}
