"""Claims on a fund: what is known of each, whether the rules admit it, and who pays what of the loss."""

from datetime import date
from types import MappingProxyType
from typing import Final

import polars as pl

from app.domain.frames import Frames
from app.domain.money import FEN_PER_YUAN
from app.domain.scheme_words import ClaimDecision, ClaimGround
from app.domain.words import FundMovement, ShockKind, UseMode, UsePurpose, UseState
from app.policy.evaluate import outcomes
from app.policy.rules import Rules
from app.portfolio.compensated import with_compensated
from app.portfolio.funds import fund_balances, fund_rule
from app.portfolio.scheme import section
from app.portfolio.splitting import share_table, split

FUND: Final = "fund"
BANK: Final = "bank"
_MATCHING: Final = MappingProxyType({g.value: g.value for g in ClaimGround if g.value in {*ShockKind}})
_LOAN: Final = (
    "loan_id", "household_id", "township_code", "bank", "balance", "disbursed_on", "matures_on",
    "principal_days_late", "subsidised", "use_mode", "compensated",
)  # fmt: skip
FACTS: Final = (
    "claim_id", "loan_id", "fund_id", "fund", "ground", "claimed_on", "principal", "interest", "decision",
    "household_id", "township_code", "bank", "balance", "compensated_principal", "shared", "beyond",
    "fund_part", "fund_left", "days_overdue", "ground_named", "ground_recorded", "recourse_days",
    "evidence_given", "principal_yuan", "above_balance_yuan", "compensated_yuan", "subsidised",
    "misuse_found", "use_mode_firm", "claimed_before", "fund_short_yuan",
)  # fmt: skip


def claim_facts(frames: Frames, book: pl.DataFrame, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will put together what is known of every claim on a day: FACTS, in order of filing.

    Money in fen, columns ending in `_yuan` in yuan. `shared` is what the bearers share: the claimed principal
    within the part that a fund answers for and the interest that goes with it; `beyond` stays with the bank.
    `fund_left` is what the fund has left after this claim and the unpaid ones filed before it.
    """
    known = frames.as_of(as_of)
    claims = known["claims"].filter(pl.col("claimed_on") <= as_of)
    loans = with_compensated(book, rules, as_of=as_of).select(_LOAN)
    funds = fund_balances(frames, as_of=as_of).select("fund_id", "fund", pl.col("balance").alias("in_fund"))
    joined = claims.join(loans, on="loan_id", how="left").join(funds, on="fund_id", how="left")
    seen = joined.sort("claimed_on", "claim_id").with_columns(*_money()).with_columns(*_plain(as_of))
    with_flags = _flagged(_misused(_matched(seen, known), known), rules)
    return _with_fund(with_flags, known, rules).select(FACTS)


def judge_claims(frames: Frames, book: pl.DataFrame, rules: Rules, *, as_of: date) -> pl.DataFrame:
    """This function will judge every claim by the pack's claim_rules: FACTS with what the rules say.

    Adds `eligibility`, `spoke`, `unclear` and `decided_by` (see `app.policy.evaluate.outcomes`). Raises
    SchemeAbsentError where the pack has no rules on claims.
    """
    entries = section(rules, "claim_rules", as_of=as_of)
    facts = claim_facts(frames, book, rules, as_of=as_of).with_row_index("row")
    said = outcomes(entries, facts, rules.parameters)
    return pl.concat([facts.drop("row"), said], how="horizontal")


def claim_shares(claims: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """This function will say who pays what of each claim: claim_id, bearer, part (fen).

    The bearers of the fund's rules share what is `shared`, and the bank bears what is `beyond`. Claims on
    funds whose shares the pack does not know bring nothing.
    """
    amounts = claims.select("claim_id", FUND, pl.col("shared").alias("amount"))
    parts = split(amounts, fund_shares(claims, rules), on=FUND).select("claim_id", "bearer", "part")
    rest = claims.filter(
        pl.col("beyond") > 0, pl.col("claim_id").is_in(parts.get_column("claim_id").implode())
    )
    beyond = rest.select("claim_id", pl.lit(BANK).alias("bearer"), pl.col("beyond").alias("part"))
    return pl.concat([parts, beyond]).group_by("claim_id", "bearer").agg(pl.col("part").sum()).sort(
        "claim_id", "bearer"
    )  # fmt: skip


def fund_shares(rows: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """This function will lay out the shares of the kinds of funds in `rows` (column fund), where printed."""
    kinds = rows.get_column(FUND).drop_nulls().unique(maintain_order=True)
    found = {kind: fund_rule(rules, kind) for kind in kinds}
    return share_table({kind: rule.now.shares for kind, rule in found.items() if rule is not None})


def _money() -> tuple[pl.Expr, ...]:
    covered = pl.min_horizontal("principal", "compensated")
    interest = (
        pl.when(pl.col("principal") > 0)
        .then(pl.col("interest") * covered // pl.col("principal"))
        .otherwise(0)
    )
    return (
        covered.alias("compensated_principal"),
        (covered + interest).alias("shared"),
        (pl.col("principal") + pl.col("interest") - covered - interest).alias("beyond"),
    )


def _plain(as_of: date) -> tuple[pl.Expr, ...]:
    """The columns that the claim and its loan say by themselves."""
    return (
        pl.col("principal_days_late").alias("days_overdue"),
        (pl.lit(as_of) - pl.col("recourse_on")).dt.total_days().alias("recourse_days"),
        pl.col("evidence").is_not_null().cast(pl.Int64).alias("evidence_given"),
        (pl.col("principal") / FEN_PER_YUAN).alias("principal_yuan"),
        (pl.max_horizontal(pl.col("principal") - pl.col("balance"), 0) / FEN_PER_YUAN).alias(
            "above_balance_yuan"
        ),
        (pl.col("compensated") / FEN_PER_YUAN).alias("compensated_yuan"),
        pl.col("subsidised").cast(pl.Int64),
        (pl.col("use_mode") == UseMode.FIRM.value).cast(pl.Int64).alias("use_mode_firm"),
        ((~_refused()).cum_sum().over("loan_id") > (~_refused()).cast(pl.UInt32))
        .cast(pl.Int64)
        .alias("claimed_before"),
    )


def _refused() -> pl.Expr:
    return (pl.col("decision") == ClaimDecision.REFUSED.value).fill_null(value=False)


def _matched(claims: pl.DataFrame, known: Frames) -> pl.DataFrame:
    """Whether a shock of the ground's kind struck the household since the loan was paid out."""
    shocks = known["shocks"].select("household_id", "kind", "happened_on")
    struck = (
        claims.select("claim_id", "household_id", "disbursed_on", "claimed_on", _kind().alias("kind"))
        .join(shocks, on=["household_id", "kind"])
        .filter(pl.col("happened_on").is_between("disbursed_on", "claimed_on"))
    )
    found = pl.col("claim_id").is_in(struck.get_column("claim_id").implode()).cast(pl.Int64)
    return claims.with_columns(found.alias("ground_recorded"))


def _kind() -> pl.Expr:
    return pl.col("ground").replace_strict(dict(_MATCHING), default=None, return_dtype=pl.String)


def _misused(claims: pl.DataFrame, known: Frames) -> pl.DataFrame:
    """Whether a visit or a record found money put to another use; null where nobody looked."""
    seen = known["visits"].filter(pl.col("use_state").is_not_null()).select(
        "loan_id", (pl.col("use_state") == UseState.MISUSED.value).alias("misused")
    )  # fmt: skip
    used = known["use_records"].select(
        "loan_id", (pl.col("purpose") != UsePurpose.PRODUCTION.value).alias("misused")
    )
    worst = (
        pl.concat([seen, used])
        .group_by("loan_id")
        .agg(pl.col("misused").any().cast(pl.Int64).alias("misuse_found"))
    )
    return claims.join(worst, on="loan_id", how="left", maintain_order="left")


def _flagged(claims: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Whether the rules of the claim's fund name its ground; null where they name none."""
    found = {rule.entry.fund.value: rule.now.grounds for rule in reversed(rules.funds) if rule.now.grounds}
    named = [(fund, ground.value, 1) for fund, grounds in found.items() for ground in grounds]
    table = pl.DataFrame(
        named, schema={"fund": pl.String(), "ground": pl.String(), "named": pl.Int64()}, orient="row"
    )
    joined = claims.join(table, on=["fund", "ground"], how="left", maintain_order="left")
    listed = pl.col("fund").is_in(list(found))
    return joined.with_columns(pl.when(listed).then(pl.col("named").fill_null(0)).alias("ground_named"))


def _with_fund(claims: pl.DataFrame, known: Frames, rules: Rules) -> pl.DataFrame:
    """What the fund would pay, and what it has left after the unpaid claims before and this one."""
    shares = split(
        claims.select("claim_id", FUND, pl.col("shared").alias("amount")), fund_shares(claims, rules), on=FUND
    )
    own = shares.filter(pl.col("bearer") == FUND).select("claim_id", pl.col("part").alias("fund_part"))
    paid = known["fund_movements"].filter(pl.col("movement") == FundMovement.COMPENSATION.value)
    settled = pl.struct("fund_id", "loan_id").is_in(
        paid.select(pl.struct("fund_id", "loan_id")).to_series().implode()
    )
    waiting = pl.when(settled | _refused()).then(0).otherwise(pl.col("fund_part").fill_null(0))
    joined = claims.join(own, on="claim_id", how="left", maintain_order="left")
    left = (pl.col("in_fund") - waiting.cum_sum().over("fund_id")).alias("fund_left")
    short = (pl.max_horizontal(-pl.col("fund_left"), 0) / FEN_PER_YUAN).alias("fund_short_yuan")
    return joined.with_columns(left).with_columns(short)
