"""Findings: loans that are conspicuous as they are recorded, each with the rule and the evidence."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import polars as pl

from app.domain.errors import NoRulesInForceError
from app.domain.frames import Frames
from app.policy.finding_labels import FINDING_LABELS
from app.policy.phrases import NO, YES, YES_NO_UNITS, amount
from app.policy.policy import Policy, Resolved, Rules
from app.policy.schemes import Finding, FindingInForce
from app.portfolio.book import loan_book
from app.portfolio.finding_columns import finding_columns
from app.portfolio.same_people import SHOWN

NEAR_NAME_LETTERS: Final = "near_name_letters"  # the pack's parameter
_SECTION: Final = ("kind", "finding")
_LOAN: Final = (
    "loan_id", "household_id", "borrower_id", "township_code", "village_code", "bank", "disbursed_on",
    "amount", "balance", "active",
)  # fmt: skip
FINDING_SCHEMA: Final = {
    "kind": pl.String(),
    "finding": pl.String(),
    "zh": pl.String(),
    "en": pl.String(),
    **dict.fromkeys(_LOAN, pl.String()),
    "disbursed_on": pl.Date(),
    "amount": pl.Int64(),
    "balance": pl.Int64(),
    "active": pl.Boolean(),
    "related": pl.List(pl.String()),
    "related_loans": pl.Int64(),
    "evidence": pl.String(),
    "evidence_zh": pl.String(),
    "evidence_en": pl.String(),
    "reference_kind": pl.String(),
    "document": pl.String(),
    "clause": pl.String(),
    "note": pl.String(),
}
_UNKNOWN: Final = "—"

Entry = Resolved[Finding, FindingInForce]


def findings(frames: Frames, identities: pl.DataFrame, *, as_of: date, policy: Policy) -> pl.DataFrame:
    """This function will find the loans on which a finding of the pack holds, as known on a day.

    `identities` has person_id, full_name, id_number, phone, account of the borrowers; none of it comes
    out. Gives FINDING_SCHEMA, one row per loan and finding, by kind, finding and loan: money in fen,
    `related` the first loans that the finding is with (`related_loans` counts all), `evidence` a JSON
    object by column, and the same in words. A loan is held to the rules of the day it was paid out
    (*design*); one paid out before the pack has rules is not checked. Raises NoRulesInForceError
    where the pack has none on `as_of`.
    """
    rules = policy.at(as_of)
    book, known = loan_book(frames, as_of=as_of), frames.as_of(as_of)
    table, links = finding_columns(
        known, book, identities, as_of=as_of, near_name_letters=_near_name_letters(rules)
    )
    found = [_held(part, entry, then) for then, part in _stretches(table, policy) for entry in then.findings]
    every = pl.concat([pl.DataFrame(schema=FINDING_SCHEMA | {"shown": pl.List(pl.String())}), *found])
    return _related(every, links).sort(*_SECTION, "loan_id")


def _near_name_letters(rules: Rules) -> int | None:
    letters = rules.parameters.get(NEAR_NAME_LETTERS)
    return None if letters is None else int(letters)


def unchecked(frames: Frames, *, as_of: date, policy: Policy) -> int:
    """This function will count the loans that were paid out before the pack has rules."""
    days = loan_book(frames, as_of=as_of).get_column("disbursed_on")
    return sum(_rules_on(policy, day) is None for day in days.to_list())


def _rules_on(policy: Policy, day: date) -> Rules | None:
    try:
        return policy.at(day)
    except NoRulesInForceError:
        return None


def _stretches(table: pl.DataFrame, policy: Policy) -> Iterator[tuple[Rules, pl.DataFrame]]:
    """Part the loans by the rules that were in force when they were paid out."""
    days = table.get_column("disbursed_on").unique().sort().to_list()
    by_day = {day: rules for day in days if (rules := _rules_on(policy, day)) is not None}
    for rules in dict.fromkeys(by_day.values()):
        covered = [day for day, of_day in by_day.items() if of_day is rules]
        yield rules, table.filter(pl.col("disbursed_on").is_between(covered[0], covered[-1]))


def _held(table: pl.DataFrame, entry: Entry, rules: Rules) -> pl.DataFrame:
    now = entry.now
    held = table.filter(now.when.expression(rules.parameters))
    said = {
        "kind": entry.entry.kind, "finding": entry.code, "zh": entry.entry.zh, "en": entry.entry.en,
        "reference_kind": now.reference.kind.value, "document": now.reference.document,
        "clause": now.reference.clause, "note": now.reference.note,
    }  # fmt: skip
    told = held.select(
        *_LOAN,
        *(pl.lit(text).alias(name) for name, text in said.items()),
        _json(now.evidence),
        _sentence(now.evidence, "zh").alias("evidence_zh"),
        _sentence(now.evidence, "en").alias("evidence_en"),
        pl.lit(list(now.evidence)).alias("shown"),
        pl.lit(None, pl.List(pl.String())).alias("related"),
        pl.lit(0, pl.Int64()).alias("related_loans"),
    )
    return told.select(*FINDING_SCHEMA, "shown")


def _json(evidence: Iterable[str]) -> pl.Expr:
    return pl.struct(*evidence).struct.json_encode().alias("evidence")


def _sentence(evidence: Iterable[str], language: str) -> pl.Expr:
    mark, between = ("：", "；") if language == "zh" else (": ", "; ")
    parts = [pl.lit(getattr(FINDING_LABELS[c], language) + mark) + _shown(c, language) for c in evidence]
    return pl.concat_str(parts, separator=between)


def _shown(column: str, language: str) -> pl.Expr:
    """A value in words, with its unit; a dash where it is not known."""
    label = FINDING_LABELS[column]
    value = pl.col(column).cast(pl.String).str.replace(r"\.0$", "")
    if label.unit in YES_NO_UNITS:
        value = value.replace({"1": getattr(YES, language), "0": getattr(NO, language)})
    if label.words is not None and language == "zh":
        value = value.replace({word.value: word.zh for word in label.words})
    unit = getattr(amount(0, label.unit), language).removeprefix("0")
    return (value + pl.lit(unit)).fill_null(_UNKNOWN)


def _related(found: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Name the loans that stand behind a finding's evidence."""
    wanted = found.select("finding", "loan_id", pl.col("shown").alias("relation")).explode("relation")
    met = wanted.join(links, on=["loan_id", "relation"])
    named = met.group_by("finding", "loan_id").agg(
        pl.col("related").explode().unique().sort().head(SHOWN), pl.col("loans").max().alias("related_loans")
    )
    rest = found.drop("related", "related_loans", "shown")
    joined = rest.join(named, on=["finding", "loan_id"], how="left").with_columns(
        pl.col("related").fill_null([]), pl.col("related_loans").fill_null(0)
    )
    return joined.select(pl.col(name).cast(dtype) for name, dtype in FINDING_SCHEMA.items())


def summary(found: pl.DataFrame, *, by: Iterable[str] = ("township_code",)) -> pl.DataFrame:
    """This function will count findings by kind, finding and place: loans, amount, balance (fen)."""
    keys = [*_SECTION, "zh", "en", *by]
    return (
        found.group_by(keys)
        .agg(pl.len().cast(pl.Int64).alias("loans"), pl.col("amount", "balance").sum())
        .sort(keys)
    )
