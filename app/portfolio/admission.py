"""Whether a pack admits the households that apply: its eligibility rules on the facts of a day."""

from datetime import date
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.features.base import application_base
from app.features.build import build
from app.features.catalogue import BY_NAME
from app.policy.evaluate import outcomes
from app.policy.rules import Rules
from app.portfolio.scheme import section

ADMISSION_COLUMNS: Final = (
    "application_id", "household_id", "village_code", "bank", "amount", "term_months", "eligibility",
    "decided_by", "spoke", "unclear",
)  # fmt: skip


def admissions(frames: Frames, *, as_of: date, rules: Rules) -> pl.DataFrame:
    """This function will say of every application known on a day whether the pack's rules admit it.

    ADMISSION_COLUMNS by application_id, amount in fen. `decided_by`, `spoke` and `unclear` are lists of the
    rules' codes; a rule is unclear where a fact that it needs is not known, and then refers. Neither rating
    nor estimate is asked, so that it works for days on which a pack has no lights. Raises SchemeAbsentError
    where the pack has no eligibility rules.
    """
    entries = section(rules, "eligibility", as_of=as_of)
    known = frames.as_of(as_of)
    base = application_base(known, as_of=as_of)
    read = frozenset().union(*(rule.now.when.features() for rule in entries if rule.now.when is not None))
    features = build(frames, base, only=frozenset(read & BY_NAME.keys()))
    said = outcomes(entries, features, rules.parameters)
    terms = base.select("household_id", "village_code", "bank", "amount", "term_months")
    # the base lists every application once, in order of its id
    ids = known["applications"].select(pl.col("application_id").unique().sort())
    return pl.concat([ids, terms, said], how="horizontal").select(ADMISSION_COLUMNS)
