"""Claims on funds: filed as facts, listed, and judged by the rules of the day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from app.domain.errors import NotFoundError, XindengError
from app.domain.frames import Frames
from app.domain.ledger import BY_NAME
from app.domain.scheme_words import ClaimDecision
from app.domain.words import Eligibility, KnownBasis
from app.policy.policy import Rules
from app.portfolio.book import loan_book
from app.portfolio.claims import claim_shares, judge_claims
from app.services.clauses import clauses
from app.services.desk import Desk
from app.services.facts_append import Appended, append_fact
from app.services.findings import InvalidFactsError
from app.services.ports import Facts

Told = dict[str, Any]
_CLAIMS: Final = BY_NAME["claims"]
_CLAIM_ROWS: Final = ("loans", "claims")
_MONEY: Final = ("principal", "interest", "balance", "compensated_principal", "shared", "beyond")


class ClaimRefusedError(XindengError):
    """A clause refuses the claim; `told` is the judgement with its clauses."""

    code = "claim_refused"

    def __init__(self, told: Told) -> None:
        """This function will say which clause refuses."""
        first = told["rules"][0]
        reference = first["reference"] or {"document": "", "clause": ""}
        source = f"{reference['document']} {reference['clause']}".strip()
        super().__init__(
            zh=f"不予受理：{first['zh']}（{source}）。",
            en=f"Refused: {first['en']} ({source}).",
            rule=first["code"],
        )
        self.told = told


class ClaimConflictError(XindengError):
    """Another claim has this number, or the claim was decided already."""

    code = "claim_conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A claim as it is filed; money in fen."""

    claim_id: str
    loan_id: str
    fund_id: str
    ground: str
    principal: int
    interest: int
    recourse_on: date | None = None
    evidence: str | None = None

    def fact(self, claimed_on: date) -> Told:
        """This function will give the row of the table `claims`."""
        own = {name: getattr(self, name) for name in _OWN}
        return {
            **own,
            "claimed_on": claimed_on,
            "decision": ClaimDecision.PENDING.value,
            "claim_decided_on": None,
        }


_OWN: Final = tuple(Filing.__dataclass_fields__)


def file_claim(desk: Desk, filing: Filing, *, as_of: date, policy: str | None) -> tuple[Told, Appended]:
    """This function will judge a claim on the day it is filed and keep it unless a clause refuses it.

    Filing the same claim again changes nothing. Raises NotFoundError for an unknown loan or fund,
    ClaimConflictError when the number is taken by another claim, ClaimRefusedError with the clause.
    """
    _check_day(desk, as_of)
    rules = desk.policies.get(policy or desk.settings.policy).at(as_of)
    with desk.store.write() as work:
        before = _filed(work.facts, filing.claim_id)
        claimed_on = as_of if before is None else before["claimed_on"]
        if before is not None and any(before[name] != getattr(filing, name) for name in _OWN):
            raise _taken()
        fact = filing.fact(claimed_on) if before is None else {n: before[n] for n in _CLAIMS.names}
        told = _judged(_with_claim(work.facts, fact, as_of), rules, as_of)[filing.claim_id]
        if before is None and told["result"] == Eligibility.REFUSED.value:
            raise ClaimRefusedError(told)
        done = append_fact(work.facts, _CLAIMS, fact, known_on=as_of, recorded_on=desk.today())
    return told, done


def list_claims(desk: Desk, *, as_of: date, policy: str | None) -> list[Told]:
    """This function will tell all claims known on a day, judged by the rules of that day, as filed."""
    rules = desk.policies.get(policy or desk.settings.policy).at(as_of)
    with desk.store.read() as work:
        frames = _frames(work.facts, None, as_of)
    return list(_judged(frames, rules, as_of).values())


def decide_claim(desk: Desk, claim_id: str, decision: ClaimDecision, *, as_of: date) -> Appended:
    """This function will keep what a person decided on a claim.

    Raises NotFoundError for an unknown claim, ClaimConflictError for one decided otherwise before.
    """
    _check_day(desk, as_of)
    with desk.store.write() as work:
        before = _filed(work.facts, claim_id)
        if before is None:
            raise NotFoundError(zh="没有这项补偿申请。", en="There is no such claim.")
        if before["decision"] not in {None, ClaimDecision.PENDING.value, decision.value}:
            raise _decided()
        if before["decision"] == decision.value:
            return "unchanged"
        own = {name: before[name] for name in _CLAIMS.names}
        fact = {**own, "decision": decision.value, "claim_decided_on": as_of}
        return append_fact(work.facts, _CLAIMS, fact, known_on=as_of, recorded_on=desk.today())


def _check_day(desk: Desk, day: date) -> None:
    if day > desk.today():
        zh, en = "申请日期不得晚于今天。", "Nothing is filed on a day to come."
        raise InvalidFactsError.at("$.as_of", "in_the_future", zh=zh, en=en)


def judged_claims(frames: Frames, rules: Rules, *, as_of: date) -> list[Told]:
    """This function will judge all claims of frames by rules, in order of filing."""
    return list(_judged(frames, rules, as_of).values())


def _filed(facts: Facts, claim_id: str) -> Told | None:
    known = facts.frames(only=_CLAIM_ROWS)["claims"].filter(pl.col("claim_id") == claim_id)
    return None if known.is_empty() else known.sort("version").row(-1, named=True)


def _frames(facts: Facts, loan_id: str | None, as_of: date) -> Frames:
    """Read the households of all claims, and of one loan more."""
    claimed = facts.frames(as_of=as_of, only=_CLAIM_ROWS)["claims"].get_column("loan_id").to_list()
    owners = facts.household_of([*claimed, *([loan_id] if loan_id else [])])
    if loan_id is not None and loan_id not in owners:
        raise NotFoundError(zh="没有这笔贷款。", en="There is no such loan.")
    return facts.frames(as_of=as_of, households=sorted(set(owners.values())))


def _with_claim(facts: Facts, fact: Mapping[str, Any], as_of: date) -> Frames:
    """Lay the claim beside what is stored, known on the day."""
    frames = _frames(facts, fact["loan_id"], as_of)
    if fact["fund_id"] not in frames["fund_movements"].get_column("fund_id"):
        raise NotFoundError(zh="没有这个基金的收支记录。", en="No movement of such a fund is known.")
    meta = {"known_on": as_of, "known_basis": KnownBasis.RECORDED.value, "imported_on": as_of, "import_id": 0}
    row = pl.DataFrame([{**fact, **meta, "version": 1}], schema=_CLAIMS.schema, orient="row")
    others = frames["claims"].filter(pl.col("claim_id") != fact["claim_id"])
    return Frames.of({**frames.tables, "claims": pl.concat([others, row])}, watermark=frames.watermark)


def _judged(frames: Frames, rules: Rules, as_of: date) -> dict[str, Told]:
    judged = judge_claims(frames, loan_book(frames, as_of=as_of), rules, as_of=as_of)
    parts: dict[str, dict[str, int]] = {}
    for claim_id, bearer, part in claim_shares(judged, rules).iter_rows():
        parts.setdefault(claim_id, {})[bearer] = part
    rows = judged.iter_rows(named=True)
    return {row["claim_id"]: _told(row, parts.get(row["claim_id"]), rules, as_of) for row in rows}


def _told(row: Mapping[str, Any], parts: Mapping[str, int] | None, rules: Rules, as_of: date) -> Told:
    plain = ("claim_id", "loan_id", "fund_id", "ground", "claimed_on", "decision", "days_overdue")
    return {
        **{name: row[name] for name in (*plain, *_MONEY)},
        "as_of": as_of,
        "policy": rules.policy,
        "policy_hash": rules.content_hash,
        "result": row["eligibility"],
        "rules": clauses(rules, "claim_rules", row["decided_by"]),
        "unclear": clauses(rules, "claim_rules", row["unclear"]),
        "parts": None if parts is None else [{"bearer": name, "amount": fen} for name, fen in parts.items()],
        "fund_left": row["fund_left"],
        "fund_suffices": None if row["fund_left"] is None else row["fund_left"] >= 0,
    }


def _taken() -> ClaimConflictError:
    return ClaimConflictError(
        zh="该补偿申请编号已用于另一项申请。", en="The claim's number belongs to another claim already."
    )


def _decided() -> ClaimConflictError:
    return ClaimConflictError(zh="该补偿申请已审定。", en="The claim has been decided already.")
