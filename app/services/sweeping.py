"""The sweep 批量研判: assess every loan due within a horizon, isolate bad records, reconcile totals."""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Final

import polars as pl

from app import CODE_VERSION
from app.assessment import Basis, assess, faults
from app.domain.errors import StoreError
from app.domain.frames import Frames
from app.features.base import BASE_TABLES, loan_base
from app.features.build import FEATURE_TABLES
from app.policy.claims import ConflictingPoliciesError
from app.scoring.pd_model import Estimator
from app.services.ahead import ahead
from app.services.choosing import households_by_pack
from app.services.contexts import county_context
from app.services.desk import Desk, own_context
from app.services.ports import SweepRecord

Progress = Callable[[str, int, int], None]
Chunks = Sequence[tuple[str, ...]]
# What is read once it is known which loans are due; the loans again, to find what belongs to them.
_REST: Final = ("loans", *sorted(FEATURE_TABLES.difference(BASE_TABLES)))
_log: Final = logging.getLogger(__name__)
_QUARANTINE: Final = {"loan_id": pl.String, "reason": pl.String}


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one chunk: assessments, and loans that could not be assessed with the reason."""

    assessments: pl.DataFrame
    quarantined: pl.DataFrame


def sweeps(
    desk: Desk,
    *,
    as_of: date,
    policy: str | None = None,
    horizon_days: int | None = None,
    progress: Progress = lambda *_: None,
) -> list[SweepRecord]:
    """This function will assess all active loans as of a business day, or those due within `horizon_days`.

    Without `policy` every household is judged by the pack of its place, in one sweep a pack. A rerun adds
    nothing, a new fact adds a new assessment; a bad record is quarantined and never stops the rest, and a
    challenger that fails is told. Who speaks at the beginning speaks to the end. Raises NoRulesInForceError
    before anything is stored when a pack says nothing that day.
    """
    chunks = _chunks(desk)
    parts = _parts(desk, chunks, as_of, policy)
    speaking, watched = _cast(desk)
    bases = {
        pack: replace(desk.basis("maturity", pack), estimator=speaking, challengers=watched) for pack in parts
    }
    for basis in bases.values():
        basis.policy.at(as_of)
    run = partial(_swept, desk, chunks, as_of=as_of, horizon_days=horizon_days, progress=progress)
    return [run(bases[pack], part) for pack, part in parts.items()]


def sweep(
    desk: Desk,
    *,
    as_of: date,
    policy: str | None = None,
    horizon_days: int | None = None,
    progress: Progress = lambda *_: None,
) -> SweepRecord:
    """This function will run the one sweep of a deployment whose households all go by one pack.

    As `sweeps`; raises ConflictingPoliciesError, before anything is stored, where there would be several.
    """
    packs = sorted(_parts(desk, _chunks(desk), as_of, policy))
    if len(packs) > 1:
        raise ConflictingPoliciesError(
            zh=f"农户分属政策包{'、'.join(packs)}；请分别研判", en=f"the households go by {', '.join(packs)}"
        )
    (record,) = sweeps(desk, as_of=as_of, policy=packs[0], horizon_days=horizon_days, progress=progress)
    return record


def _cast(desk: Desk) -> tuple[Estimator | None, tuple[Estimator, ...]]:
    """Ask once who speaks and who is watched: a promotion meanwhile waits for the next sweep."""
    speaking = desk.estimators.get("maturity")
    own = speaking.artefact_id if speaking else None  # who was promoted between the two questions
    return speaking, tuple(each for each in desk.challengers("maturity") if each.artefact_id != own)


def _parts(desk: Desk, chunks: Chunks, as_of: date, policy: str | None) -> Mapping[str, Chunks]:
    """Part the chunks of households by the pack that judges them."""
    if policy is not None or not desk.settings.packs or not chunks:
        return {policy or desk.settings.policy: chunks}
    parted: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for chunk in chunks:
        for pack, households in households_by_pack(desk, chunk, as_of=as_of, policy=None).items():
            parted[pack].append(households)
    return parted


def _swept(
    desk: Desk,
    everybody: Chunks,
    basis: Basis,
    chunks: Chunks,
    *,
    as_of: date,
    horizon_days: int | None,
    progress: Progress,
) -> SweepRecord:
    record = _opened(desk, basis, as_of, horizon_days)
    context = county_context(desk, everybody, as_of=as_of, watermark=record.watermark, progress=progress)
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
    failures = Counter(record.shadow_failures) + _watched(desk, record, rows)
    lights = Counter(record.lights) + Counter(rows.get_column("light").to_list() if rows.height else [])
    return replace(
        record,
        loans_in=record.loans_in + rows.height + judged.quarantined.height,
        added=record.added + added,
        unchanged=record.unchanged + rows.height - added,
        quarantined=record.quarantined + judged.quarantined.height,
        lights=dict(lights),
        shadow_failures=dict(failures),
    )


def _watched(desk: Desk, record: SweepRecord, rows: pl.DataFrame) -> Counter[str]:
    """Keep what challengers estimated, apart from what was said, and count what they could not."""
    if "shadow" not in rows.columns:
        return Counter()
    told = _shadows(rows)
    failed, made = told.filter(pl.col("failure").is_not_null()), told.filter(pl.col("failure").is_null())
    try:
        with desk.store.write() as work:
            work.watching.append_shadows(record.sweep_id, made)
    except StoreError as error:  # the assessments are stored by now and stay
        failed = told.with_columns(failure=pl.coalesce("failure", pl.lit(error.problem.en)))
    return Counter(f"{artefact}: {why}" for artefact, why in failed.select("artefact_id", "failure").rows())


def _shadows(rows: pl.DataFrame) -> pl.DataFrame:
    """Give every challenger's estimate a row of its own."""
    told = rows.select("loan_id", "as_of", "inputs_hash", "shadow").drop_nulls("shadow")
    return told.explode("shadow").unnest("shadow")


def _closed(desk: Desk, record: SweepRecord) -> SweepRecord:
    record = replace(record, finished_at=desk.clock())
    for challenger, loans in record.shadow_failures.items():
        _log.error("sweep %d: %d loans without the challenger %s", record.sweep_id, loans, challenger)
    with desk.store.write() as work:
        work.assessments.close_sweep(record)
    return record
