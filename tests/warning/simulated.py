"""Invented loans and a small invented pack: simulated, nobody's; and the steps of a warning in a row."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from app.domain.groups import GroupEffects
from app.domain.words import Light
from app.policy.pack import Pack
from app.policy.policy import Policy, Rules
from app.warning.calendar import judge_reminders
from app.warning.causes import SHAP_COLUMNS, judge_causes
from app.warning.effects import EffectTable
from app.warning.lights import judge_evidence, judge_guards, judge_lights
from app.warning.next_change import marks, next_change_on
from app.warning.recommendation import recommend
from app.warning.triggers import judge_triggers

AS_OF = date(2024, 3, 1)
MATURES_ON = date(2024, 9, 17)  # 200 days away: no model speaks
CLEAN: dict[str, Any] = {
    "days_since_disbursed": 896.0,
    "amount_yuan": 50_000.0, "term_months": 36.0, "days_to_maturity": 200.0, "annual_rate_pct": 4.35,
    "balance_yuan": 50_000.0, "principal_days_late": 0.0, "interest_days_late": 0.0,
    "interest_overdue_yuan": 0.0, "times_extended": 0.0, "times_renewed": 0.0, "use_mode_firm": 0.0,
    "use_not_productive": 0.0, "disbursed_yyyymmdd": 20210917.0, "interest_on_time_share_24m": 1.0,
    "interest_days_late_max_12m": 0.0, "earlier_loans_repaid": 1.0, "earlier_loans_on_time_share": 1.0,
    "earlier_principal_days_late_max": 0.0, "willingness_last": 2.0, "credit_mark_open": 0.0,
    "bad_faith_open": 0.0, "income_12m_yuan": 80_000.0, "income_per_head_12m_yuan": 20_000.0,
    "income_change_yoy": 0.05, "income_sources_12m": 2.0, "wage_share_12m": 0.4,
    "production_share_12m": 0.6, "repayment_to_income": 0.6, "days_since_income": 60.0,
    "income_share_before_maturity": 0.5, "months_to_main_income_after_maturity": 1.0,
    "outside_debt_yuan": 0.0, "outside_debt_to_income": 0.0, "active_loans": 1.0,
    "household_balance_yuan": 50_000.0, "members": 4.0, "labourers": 2.0, "labour_share": 0.5,
    "land_mu": 20.0, "assets_per_head_yuan": 30_000.0, "borrower_age": 45.0, "age_at_maturity": 46.0,
    "registration": "lifted", "has_village": 1.0, "illness_12m": 0.0, "death_24m": 0.0,
    "disaster_12m": 0.0, "animal_disease_12m": 0.0, "accident_12m": 0.0, "shock_loss_to_income_12m": 0.0,
    "insurance_paid_12m_yuan": 0.0, "price_change_6m": 0.0, "price_change_12m": 0.0, "misuse_found": 0.0,
    "idle_found": 0.0, "off_purpose_share": 0.0, "use_recorded_share": 0.9, "days_since_visit": 30.0,
    "visits_12m": 4.0, "pictures_12m": 4.0, "contact_lost": 0.0, "production_last": 2.0,
    "needs_funds_last": 0.0, "township_late_share": 0.01, "group_late_share": 0.0,
}  # fmt: skip
WORDS = frozenset({"registration"})
EVIDENCE = ("days_since_visit", "production_last", "willingness_last", "contact_lost", "needs_funds_last")


def loan(**differences: Any) -> dict[str, Any]:
    """A simulated loan: clean, but for the differences."""
    unknown = set(differences) - set(CLEAN) - {"as_of", "matures_on", "balance", "facts_move_on"}
    assert not unknown
    base = {"as_of": AS_OF, "matures_on": MATURES_ON, "balance": 5_000_000}
    return base | CLEAN | differences


def frame(*loans: dict[str, Any]) -> pl.DataFrame:
    """A features frame of simulated loans, numbered from 0."""
    dates = {"as_of": pl.Date, "matures_on": pl.Date, "facts_move_on": pl.Date, "balance": pl.Int64}
    types = {n: dates.get(n, pl.String if n in WORDS else pl.Float64) for n in loans[0]}
    return pl.DataFrame(list(loans), schema=types).with_row_index("row")


def estimates(*rows: Mapping[str, int | None]) -> pl.DataFrame:
    """Estimates for loans 0, 1, 2…; the interval is the estimate halved and doubled."""
    full = [{"row": i, **_estimate(row)} for i, row in enumerate(rows)]
    return pl.DataFrame(full, schema_overrides={"row": pl.UInt32})


ESTIMATES = ("pd_ppm", "pd_low_ppm", "pd_high_ppm", *SHAP_COLUMNS)
THRESHOLDS = {Light.YELLOW: 50_000, Light.RED: 200_000}


def judge(
    features: pl.DataFrame,
    in_force: Rules,
    *,
    estimated: pl.DataFrame | None = None,
    effects: pl.DataFrame | None = None,
    groups: GroupEffects | None = None,
) -> pl.DataFrame:
    """All steps of a warning, in the order in which an assessment takes them."""
    seen = features.with_columns(pl.lit(None, dtype=pl.Int64).alias(c) for c in ESTIMATES)
    if estimated is not None:
        seen = features.join(estimated, on="row", how="left", maintain_order="left")
    for step in (judge_triggers, judge_evidence, judge_guards, judge_reminders):
        seen = _beside(seen, step(seen, in_force))
    seen = _beside(seen, judge_lights(seen, THRESHOLDS))
    seen = _beside(seen, judge_causes(seen, in_force))
    table = EffectTable.of(effects, groups=groups)
    seen = _beside(seen, recommend(seen, in_force, table, loss_given_default=0.6))
    return seen.with_columns(next_change_on(seen, marks(in_force), policy_changes_on=in_force.until))


def judge_one(in_force: Rules, **differences: Any) -> dict[str, Any]:
    """The judgement of one simulated loan without an estimate."""
    return judge(frame(loan(**differences)), in_force).row(0, named=True)


def _beside(seen: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    return seen.hstack(found.drop("row"))


def _estimate(row: Mapping[str, int | None]) -> dict[str, int | None]:
    pd_ppm = row.get("pd_ppm", 20_000)
    interval: dict[str, int | None] = {"pd_low_ppm": None, "pd_high_ppm": None}
    if pd_ppm is not None:
        interval = {"pd_low_ppm": pd_ppm // 2, "pd_high_ppm": min(pd_ppm * 2, 1_000_000)}
    causes = ("willingness", "income", "timing", "shock", "market", "use_of_funds", "indebtedness",
              "household", "monitoring")  # fmt: skip
    return {"pd_ppm": pd_ppm, **interval, **{f"shap_{c}": row.get(f"shap_{c}", 0) for c in causes}}


def rules(**sections: Any) -> Rules:
    """The rules of a small pack on AS_OF; sections given replace its own."""
    return policy(**sections).at(AS_OF)


def policy(**sections: Any) -> Policy:
    """A small invented pack; every value begins in 2020 and is marked as design."""
    return Policy(Pack.model_validate(SMALL | sections))


def entry(fixed: dict[str, Any] | None = None, **dated: Any) -> dict[str, Any]:
    """An entry with one value in force from 2020."""
    reference = dated.pop("reference", {"kind": "design"})
    in_force = {"from": date(2020, 1, 1), "reference": reference, **dated}
    return {"zh": "甲", "en": "a", **(fixed or {}), "in_force": [in_force]}


def is_(feature: str, **bound: Any) -> dict[str, Any]:
    """A condition on one feature."""
    return {"feature": feature, "is": bound}


CITED = {"kind": "cited", "document": "simulated", "clause": "1"}
SMALL: dict[str, Any] = {
    "name": "small",
    "zh": "示例",
    "en": "a small pack",
    "regimes": {"one": entry(title_zh="示例", title_en="example")},
    "parameters": {
        "landmark_days_min": entry({"unit": "days"}, value=30),
        "landmark_days_max": entry({"unit": "days"}, value=180),
        "poor_income": entry({"unit": "yuan"}, value=5_000),
    },
    "triggers": {
        "principal_late": entry(
            {"feature": "principal_days_late", "unit": "days", "cause": "income"},
            yellow={"at_least": 1}, red={"above": 30},
        ),
        "interest_late": entry(
            {"feature": "interest_days_late", "unit": "days", "cause": "willingness"},
            yellow={"at_least": 1}, red={"at_least": 30},
        ),
        "poor": entry(
            {"feature": "income_per_head_12m_yuan", "unit": "yuan", "cause": "income"},
            yellow={"below": {"parameter": "poor_income"}}, when=is_("days_to_maturity", at_most=180),
        ),
        "lost": entry({"feature": "contact_lost", "cause": "monitoring"}, red={"equals": 1}),
        "ill": entry({"feature": "illness_12m", "cause": "shock"}, yellow={"at_least": 1}),
    },
    "evidence": {
        "visit": entry({"feature": "days_since_visit"}, max_age_days=180),
        "income_known": entry(
            {"feature": "days_since_income"}, max_age_days=365, when=is_("days_to_maturity", at_most=90)
        ),
    },
    "reminders": {
        "t60": entry(days_before=60, addressee="township", form="list"),
        "t30": entry(days_before=30, addressee="household", form="notice", formal=True),
        "t20": entry(days_before=20, addressee="township", form="press"),
    },
    "action_rules": {
        "extended_once": entry({"action": "extension"}, when=is_("times_extended", at_least=1),
                               effect="refused", reference=CITED),
        "renewed_once": entry({"action": "renewal"}, when=is_("times_renewed", at_least=1),
                              effect="referred"),
        "renewal_wants_production": entry({"action": "renewal"}, when=is_("production_last", below=1),
                                          effect="referred"),
        "help_is_lawful": entry({"action": "extra_help"}, effect="allowed"),
        "top_up_in_good_faith": entry({"action": "top_up"}, when=is_("bad_faith_open", equals=1),
                                      effect="refused", reference=CITED, missing="ignore"),
    },
    "situations": {
        "rest": entry({"priority": 9}, order=["collect", "reschedule", "extension"]),
        "sound_and_needs": entry(
            {"priority": 1}, order=["renewal", "top_up"],
            when={"all_of": [is_("production_last", at_least=2), is_("needs_funds_last", equals=1)]},
        ),
        "poor_production": entry(
            {"priority": 2}, order=["renewal", "extension", "extra_help"],
            when=is_("production_last", at_most=1),
        ),
    },
    "recorded_causes": {
        "unwilling": entry({"cause": "willingness", "priority": 3}, when=is_("willingness_last", below=1)),
        "illness": entry({"cause": "shock", "priority": 1}, when=is_("illness_12m", at_least=1)),
        "disaster": entry({"cause": "shock", "priority": 2}, when=is_("disaster_12m", at_least=1)),
    },
    "cause_advice": {
        "of_timing": entry({"cause": "timing"}, prefer=["extension"]),
        "of_shock": entry({"cause": "shock"}, prefer=["compensation", "extra_help", "extension"]),
        "of_willingness": entry({"cause": "willingness"}, prefer=["credit_education", "recovery"]),
    },
    "guards": {
        "renewed_again": entry(when=is_("times_renewed", at_least=2), at_least="yellow", second_person=True),
        "stalled": entry(when=is_("production_last", below=1), at_least="yellow", second_person=True),
    },
}  # fmt: skip
