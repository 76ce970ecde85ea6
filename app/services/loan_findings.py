"""The findings of a county: reads who the borrowers are, compares them, and tells loans only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import polars as pl

from app.domain.errors import XindengError
from app.domain.frames import Frames
from app.policy.entries import Reference
from app.policy.policy import Policy
from app.portfolio.findings import findings, summary, unchecked
from app.services.ports import IDENTITY, Store

FindingKind = Literal["anomaly", "prohibition", "watch"]
_MASKED: Final = "*"
_LAST_SHOWN: Final = 4


class PeopleUnknownError(XindengError):
    """Loans are known, but nothing is known of the people who borrowed."""

    code = "people_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of the pack, on the loans of the days on which one wording of it was in force."""

    finding: str
    kind: str
    zh: str
    en: str
    since: date
    until: date | None
    reference: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found as of a day under a pack.

    `rows`: app.portfolio.findings.FINDING_SCHEMA. `by_township`: its counts. `checks`: what was looked
    for. `borrowers`: borrower_id to a masked form for staff. `unchecked`: loans paid out before the
    pack has rules. `nameless`: borrowers of whom no name and number is known.
    """

    as_of: date
    policy: str
    policy_hash: str
    rows: pl.DataFrame
    by_township: pl.DataFrame
    checks: tuple[Check, ...]
    borrowers: pl.DataFrame
    unchecked: int
    nameless: int


def loan_findings(
    store: Store, frames: Frames, *, as_of: date, policy: Policy, kind: FindingKind | None = None
) -> Found:
    """This function will find the conspicuous loans of a county, of one kind or of all.

    Names and numbers are read for this only and do not leave, but for the masked form. They are compared
    as they are on record now: the table of persons keeps no history. Raises NoRulesInForceError where the
    pack has no rules on the day, PeopleUnknownError where nothing is known of any borrower.
    """
    policy.at(as_of)  # a day without rules is told before anybody's name is read
    borrowers = frames.as_of(as_of)["loans"].get_column("borrower_id").unique().sort().to_list()
    people = _identities(store, borrowers)
    rows = findings(frames, people, as_of=as_of, policy=policy)
    rows = rows if kind is None else rows.filter(pl.col("kind") == kind)
    return Found(
        as_of=as_of,
        policy=policy.name,
        policy_hash=policy.content_hash,
        rows=rows,
        by_township=summary(rows),
        checks=_checks(policy, kind),
        borrowers=_masked(people),
        unchecked=unchecked(frames, as_of=as_of, policy=policy),
        nameless=len(borrowers) - people.height,
    )


def _identities(store: Store, person_ids: Sequence[str]) -> pl.DataFrame:
    with store.read() as work:
        parts = list(work.people.identities(person_ids))
    people = pl.concat([pl.DataFrame(schema=dict(IDENTITY)), *parts])
    if person_ids and people.is_empty():
        raise PeopleUnknownError(
            zh="库中没有借款人的人员信息，无法比对；请先导入“人员”表。",
            en="Nothing is known of the borrowers; import the table of persons first.",
        )
    return people


def _checks(policy: Policy, kind: str | None) -> tuple[Check, ...]:
    return tuple(
        Check(finding=code, kind=entry.kind, zh=entry.zh, en=entry.en, since=value.from_, until=value.to,
              reference=value.reference)
        for code, entry in policy.pack.findings.items()
        for value in entry.in_force
        if kind in {None, entry.kind}
    )  # fmt: skip


def _masked(people: pl.DataFrame) -> pl.DataFrame:
    """The first letter of a name and the last four of a number: enough for who has the file to ask."""
    first = pl.col("full_name").str.slice(0, 1).fill_null("") + _MASKED
    last = pl.col("id_number").str.slice(-_LAST_SHOWN).fill_null("")
    return people.select(
        pl.col("person_id").alias("borrower_id"), (first + "（尾号" + last + "）").alias("borrower")
    )
