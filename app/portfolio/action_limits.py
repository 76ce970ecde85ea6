"""What the pack's rules on one action say of every active loan: allowed, refused or referred, and by what."""

from datetime import date

import polars as pl

from app.domain.frames import Frames
from app.domain.words import Action
from app.features.base import loan_base
from app.features.build import build
from app.features.catalogue import BY_NAME
from app.policy.entries import ReferenceKind
from app.policy.evaluate import outcomes, rules_on
from app.policy.rules import Rules


def action_outcomes_of_loans(frames: Frames, rules: Rules, action: Action, *, as_of: date) -> pl.DataFrame:
    """This function will judge an action on every active loan: loan_id, eligibility, decided_by (codes).

    Reads the features that the rules need; features that look across loans are not known here, so a rule
    that reads one refers where its missing value does.
    """
    spoken = rules_on(rules, action)
    conditions = [rule.now.when for rule in spoken if rule.now.when is not None]
    needed = frozenset[str]().union(*(condition.features() for condition in conditions))
    features = build(frames, loan_base(frames, as_of=as_of), only=needed.intersection(BY_NAME))
    said = outcomes(spoken, features, rules.parameters)
    return features.select("loan_id").hstack(said.select("eligibility", "decided_by"))


def all_cited(rules: Rules, codes: frozenset[str]) -> bool:
    """This function will tell whether all these parameters are printed in a document that was read."""
    kinds = {entry.now.reference.kind for entry in rules.parameter_entries if entry.code in codes}
    return kinds == {ReferenceKind.CITED}
