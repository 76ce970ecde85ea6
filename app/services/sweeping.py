"""The sweep 批量研判: assess every loan due within a horizon, isolate bad records, reconcile totals."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Final

import polars as pl

from app import CODE_VERSION
from app.assessment import Basis, assess, faults
from app.domain.frames import Frames
from app.features.base import BASE_TABLES, loan_base
from app.features.build import FEATURE_TABLES
from app.services.ahead import ahead
from app.services.contexts import county_context
from app.services.desk import Desk, own_context
from app.services.ports import SweepRecord

Progress = Callable[[str, int, int], None]
# What is read once it is known which loans are due; the loans again, to find what belongs to them.
_REST: Final = ("loans", *sorted(FEATURE_TABLES.difference(BASE_TABLES)))
_QUARANTINE: Final = {"loan_id": pl.String, "reason": pl.String}


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one chunk: assessments, and loans that could not be assessed with the reason."""

    assessments: pl.DataFrame
    quarantined: pl.DataFrame


def sweep(
    desk: Desk,
    *,
    as_of: date,
    policy: str | None = None,
    horizon_days: int | None = None,
    progress: Progress = lambda *_: None,
) -> SweepRecord:
    """This function will assess all active loans as of a business day, or those due within `horizon_days`.

    A rerun adds nothing, a new fact adds a new assessment; a bad record is quarantined and never stops
    the rest. Raises NoRulesInForceError before anything is stored when the pack says nothing that day.
    """
    basis = desk.basis("maturity", policy)
    basis.policy.at(as_of)
    record = _opened(desk, basis, as_of, horizon_days)
    chunks = _chunks(desk)
    context = county_context(desk, chunks, as_of=as_of, watermark=record.watermark, progress=progress)
    basis = replace(basis, context=context)
    read = partial(_frames_due, desk, record)
    for done, frames in enumerate(ahead(read, chunks), start=1):
        judged = judge(frames, as_of=as_of, basis=basis, horizon_days=horizon_days)
        record = _stored(desk, record, judged)
        progress("研判 assess", done, len(chunks))
    return _closed(desk, record)


def judge(frames: Frames, *, as_of: date, basis: Basis, horizon_days: int | None = None) -> Judged:
    """This function will assess the loans in `frames`; a loan that cannot be assessed is quarantined."""
    base = _due(frames, as_of, horizon_days)
    bad = faults(base)
    good = base.join(bad, on="loan_id", how="anti", maintain_order="left")
    context = own_context(basis.context, frames, as_of)
    parts = list(_isolating(frames, good, as_of, replace(basis, context=context)))
    none = pl.DataFrame(schema=_QUARANTINE)
    assessed = [part for part in parts if "assessment_id" in part.columns]
    failed = [part for part in parts if "reason" in part.columns]
    return Judged(pl.concat(assessed) if assessed else pl.DataFrame(), pl.concat([none, bad, *failed]))


def _due(frames: Frames, as_of: date, horizon_days: int | None) -> pl.DataFrame:
    base = loan_base(frames, as_of=as_of)
    if horizon_days is None:
        return base
    return base.filter((pl.col("matures_on") - pl.col("as_of")).dt.total_days() <= horizon_days)


def _isolating(frames: Frames, base: pl.DataFrame, as_of: date, basis: Basis) -> Iterator[pl.DataFrame]:
    """Assess all at once; if that fails, halve until the loans that make it fail stand alone."""
    if base.is_empty():
        return
    try:
        yield assess(frames, _numbered(base), as_of=as_of, basis=basis)
    except Exception as error:  # noqa: BLE001 - whatever one record does must not stop the others
        if base.height == 1:
            reason = f"研判失败（{type(error).__name__}）"
            yield base.select("loan_id", pl.lit(reason).alias("reason"))
            return
        half = base.height // 2
        yield from _isolating(frames, base[:half], as_of, basis)
        yield from _isolating(frames, base[half:], as_of, basis)


def _numbered(base: pl.DataFrame) -> pl.DataFrame:
    return base.drop("row").with_row_index("row")


def _chunks(desk: Desk) -> Sequence[tuple[str, ...]]:
    with desk.store.read() as work:
        return tuple(work.facts.household_chunks(desk.settings.sweep_chunk))


def _frames_due(desk: Desk, record: SweepRecord, households: Sequence[str]) -> Frames:
    """Read all that is known of the households that have a loan due: most loans ever made are repaid."""
    with desk.store.read() as work:
        read = partial(work.facts.frames, as_of=record.as_of, watermark=record.watermark, provenance=False)
        state = read(households=households, only=BASE_TABLES)
        due = _due(state, record.as_of, record.horizon_days).get_column("household_id").unique()
        rest = read(households=due.sort().to_list(), only=_REST)
    kept = {name: state[name] for name in BASE_TABLES}
    return Frames(MappingProxyType({**rest.tables, **kept}), state.watermark)


def _opened(desk: Desk, basis: Basis, as_of: date, horizon_days: int | None) -> SweepRecord:
    with desk.store.write() as work:
        record = SweepRecord(
            sweep_id=0,
            as_of=as_of,
            watermark=work.facts.watermark(),
            horizon_days=horizon_days,
            started_at=desk.clock(),
            policy=basis.policy.name,
            policy_hash=basis.policy.content_hash,
            artefact_id=basis.artefact_id,
            code_version=CODE_VERSION,
        )
        return work.assessments.open_sweep(record)


def _stored(desk: Desk, record: SweepRecord, judged: Judged) -> SweepRecord:
    rows = judged.assessments
    with desk.store.write() as work:
        added = work.assessments.append(record.sweep_id, rows) if rows.height else 0
        if judged.quarantined.height:
            work.assessments.quarantine(record.sweep_id, judged.quarantined)
    lights = Counter(record.lights) + Counter(rows.get_column("light").to_list() if rows.height else [])
    return replace(
        record,
        loans_in=record.loans_in + rows.height + judged.quarantined.height,
        added=record.added + added,
        unchanged=record.unchanged + rows.height - added,
        quarantined=record.quarantined + judged.quarantined.height,
        lights=dict(lights),
    )


def _closed(desk: Desk, record: SweepRecord) -> SweepRecord:
    record = replace(record, finished_at=desk.clock())
    with desk.store.write() as work:
        work.assessments.close_sweep(record)
    return record
