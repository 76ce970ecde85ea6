"""Answers on demand: applications, stored loans and inline loans, by the pipeline that sweeps use."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from app.assessment import Basis, appraise, assess, faults
from app.domain.errors import NotFoundError, XindengError
from app.domain.frames import Frames
from app.features.base import application_base, loan_base
from app.features.build import FEATURE_TABLES
from app.features.context import CONTEXT_TABLES, Context
from app.services.answers import application_answer, loan_answer
from app.services.choosing import parted_by_pack
from app.services.contexts import latest_of
from app.services.desk import Desk, own_context
from app.services.ports import UnitOfWork
from app.services.recording import requests_by_household

Answer = dict[str, Any]
__all__ = ["Answer", "Desk", "NotOutstandingError", "UnfitLoanError", "score", "warn_inline", "warn_stored"]


class NotOutstandingError(XindengError):
    """A loan is not outstanding on the day: not yet paid out, repaid, or continued by another."""

    code = "not_outstanding"


class UnfitLoanError(XindengError):
    """A loan's facts contradict each other, so that it cannot be assessed."""

    code = "unfit_loan"


def score(desk: Desk, frames: Frames, *, as_of: date, policy: str | None) -> list[Answer]:
    """This function will appraise every application in `frames`, in order, and keep the decisions."""
    basis = desk.basis("application", policy, _context_around(desk, frames, as_of))
    known = frames.as_of(as_of)
    rows = appraise(known, application_base(known, as_of=as_of), as_of=as_of, basis=basis)
    rules = basis.policy.at(as_of)
    found = {
        row["application_id"]: application_answer(row, rules, basis) for row in rows.iter_rows(named=True)
    }
    asked = frames["applications"]["application_id"].unique(maintain_order=True).to_list()
    unknown = [application_id for application_id in asked if application_id not in found]
    if unknown:
        named = ", ".join(unknown[:5])
        raise NotFoundError(
            zh=f"在 {as_of} 尚未知悉这些申请：{named}", en=f"not yet known on {as_of}: {named}"
        )
    answers = [found[application_id] for application_id in asked]
    return _decided(desk, "score", answers, frames, as_of)


def warn_inline(
    desk: Desk, frames: Frames, loan_ids: Sequence[str], *, as_of: date, policy: str | None
) -> list[Answer]:
    """This function will assess loans that came whole in a request, and keep the decisions."""
    basis = desk.basis("maturity", policy, _context_around(desk, frames, as_of))
    return _decided(desk, "warning", _warned(frames, loan_ids, as_of, basis), frames, as_of)


def warn_stored(desk: Desk, loan_ids: Sequence[str], *, as_of: date, policy: str | None) -> list[Answer]:
    """This function will assess stored loans and store the assessments that are new.

    Without `policy` every household is judged by the pack of its place. Raises NotFoundError for unknown
    loans, NotOutstandingError for loans not outstanding on the day.
    """
    judged = [
        (assess(part.frames, part.base, as_of=as_of, basis=part.basis), part.basis)
        for part in stored_by_pack(desk, loan_ids, as_of=as_of, policy=policy)
    ]
    with desk.store.write() as work:
        for rows, _ in judged:
            work.assessments.append(None, rows)
    told = {loan: answer for rows, basis in judged for loan, answer in _told(rows, as_of, basis).items()}
    return [told[loan_id] for loan_id in loan_ids]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLoans:
    """Stored loans that one pack judges: their facts, their base rows, and what the judgement rests on."""

    frames: Frames
    base: pl.DataFrame
    basis: Basis


def stored_by_pack(
    desk: Desk, loan_ids: Sequence[str], *, as_of: date, policy: str | None
) -> list[StoredLoans]:
    """This function will read what judging stored loans needs, by the pack that judges them.

    Raises NotFoundError for unknown loans, NotOutstandingError and UnfitLoanError for those not to judge.
    """
    with desk.store.read() as work:
        owners = work.facts.household_of(loan_ids)
        _refuse_unknown(loan_ids, owners)
        parted = parted_by_pack(desk, work.facts, sorted(set(owners.values())), as_of=as_of, policy=policy)
        read = {pack: _read(work, households, as_of) for pack, households in parted.items()}
        context = latest_of(work.contexts, as_of)
    return [
        StoredLoans(
            frames=frames,
            base=_sound_base(frames, [loan for loan in loan_ids if owners[loan] in parted[pack]], as_of),
            basis=desk.basis("maturity", pack, own_context(context, frames, as_of)),
        )
        for pack, frames in read.items()
    ]


def _read(work: UnitOfWork, households: Sequence[str], as_of: date) -> Frames:
    return work.facts.frames(as_of=as_of, households=households, only=FEATURE_TABLES, provenance=False)


def _context_around(desk: Desk, sent: Frames, as_of: date) -> Context | None:
    """Find the county's context, and what it holds of the households sent: what the store knows of them."""
    with desk.store.read() as work:
        context = latest_of(work.contexts, as_of)
        if context is None:
            return None
        households = sorted(set(sent["households"]["household_id"]))
        own = work.facts.frames(as_of=as_of, households=households, only=CONTEXT_TABLES, provenance=False)
    return own_context(context, own, as_of)


def _warned(frames: Frames, loan_ids: Sequence[str], as_of: date, basis: Basis) -> list[Answer]:
    told = _told(_assessed(frames, loan_ids, as_of, basis), as_of, basis)
    return [told[loan_id] for loan_id in loan_ids]


def _assessed(frames: Frames, loan_ids: Sequence[str], as_of: date, basis: Basis) -> pl.DataFrame:
    return assess(frames, _sound_base(frames, loan_ids, as_of), as_of=as_of, basis=basis)


def _sound_base(frames: Frames, loan_ids: Sequence[str], as_of: date) -> pl.DataFrame:
    base = loan_base(frames, as_of=as_of, loan_ids=loan_ids)
    idle = sorted(set(loan_ids) - set(base["loan_id"]))
    if idle:
        named = "、".join(idle[:5])
        zh = f"贷款在 {as_of} 没有未还余额或尚未发放：{named}"
        raise NotOutstandingError(zh=zh, en=f"not outstanding on {as_of}: {', '.join(idle[:5])}")
    bad = faults(base)
    if bad.height:
        reasons = "；".join(f"{loan}：{reason}" for loan, reason in bad.head(5).iter_rows())
        raise UnfitLoanError(zh=f"贷款资料有误：{reasons}", en=f"the loan's facts are unfit: {reasons}")
    return base


def _told(rows: pl.DataFrame, as_of: date, basis: Basis) -> Mapping[str, Answer]:
    """Tell assessments by loan."""
    rules = basis.policy.at(as_of)
    return {row["loan_id"]: loan_answer(row, rules, basis) for row in rows.iter_rows(named=True)}


def _refuse_unknown(loan_ids: Sequence[str], owners: Mapping[str, str]) -> None:
    unknown = [loan_id for loan_id in loan_ids if loan_id not in owners]
    if unknown:
        named = ", ".join(unknown[:5])
        raise NotFoundError(zh=f"没有这些贷款：{named}", en=f"there are no such loans: {named}")


def _decided(desk: Desk, kind: str, answers: Sequence[Answer], frames: Frames, as_of: date) -> list[Answer]:
    """Keep every answer with the facts it rests on, in one transaction, before anybody hears of it."""
    requests = requests_by_household(frames)
    decided = [{"decision_id": desk.new_id(), **answer} for answer in answers]
    records = [
        {
            "decision_id": answer["decision_id"],
            "kind": kind,
            "decided_at": desk.clock(),
            "as_of": as_of,
            "request": requests[answer["household_id"]],
            "answer": json.dumps(answer, ensure_ascii=False, sort_keys=True, default=str),
        }
        for answer in decided
    ]
    with desk.store.write() as work:
        work.decisions.append(records)
    return decided
