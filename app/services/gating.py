"""The gate 启用门槛: a challenger measured against the champion on loans that neither has learnt from."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from app.domain.errors import InvalidValueError
from app.domain.frames import Frames
from app.domain.money import PPM
from app.policy.policy import Rules
from app.scoring.comparison import Figures, Opinion, beyond, differences
from app.scoring.drift import SCORE, stability
from app.scoring.groups import all_gaps
from app.scoring.labels import DEFAULTED, REPAID, RESTRUCTURED
from app.scoring.measures import auc
from app.scoring.pd_model import Estimator
from app.services.desk import Desk
from app.services.matured import formal_days, seen_rows, told_outcomes
from app.services.watch_ports import GateReport

_ID_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A challenger and a champion of one estimator, and the rules of the day they are compared on."""

    champion: Estimator
    challenger: Estimator
    rules: Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """One condition of the gate: the value must lie between the bounds of the pack's parameters."""

    code: str
    value: float | None
    least: float | None = None
    most: float | None = None

    def told(self) -> Figures:
        low = -np.inf if self.least is None else self.least
        high = np.inf if self.most is None else self.most
        passed = self.value is not None and low <= self.value <= high
        return {
            "check": self.code, "value": self.value, "least": self.least, "most": self.most,
            "passed": bool(passed),
        }  # fmt: skip


def gate(desk: Desk, contest: Contest, *, as_of: date) -> GateReport:
    """This function will compare a challenger with the champion on the store's matured loans and keep it.

    Raises InvalidValueError where the two estimate different things or are the same, where no loan has
    matured since both learnt, and for a day that has not come.
    """
    _require_two(contest)
    if as_of > desk.today():
        raise InvalidValueError(
            zh="门槛报告的基准日不能晚于今天。", en="A gate report looks at no day to come."
        )
    with desk.store.read() as work:
        frames = work.facts.frames(as_of=as_of)
    body = measure(frames, contest, as_of=as_of) | {"watermark": frames.watermark}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    report = GateReport(
        gate_id=hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS],
        estimator=contest.challenger.name, artefact_id=contest.challenger.artefact_id,
        against_id=contest.champion.artefact_id, as_of=as_of, watermark=frames.watermark,
        passed=body["passed"], report=text, made_at=desk.clock(),
    )  # fmt: skip
    with desk.store.write() as work:
        work.registry.keep_report(report)
    return report


def _require_two(contest: Contest) -> None:
    if contest.champion.name != contest.challenger.name:
        raise InvalidValueError(
            zh="两个工件估计的不是同一件事。", en="The two artefacts estimate different things."
        )
    if contest.champion.artefact_id == contest.challenger.artefact_id:
        raise InvalidValueError(zh="该工件已在用，无须比较。", en="This artefact is in service already.")


def measure(frames: Frames, contest: Contest, *, as_of: date) -> Figures:
    """This function will write the gate report as plain values: figures, groups, leaks, drift, checks."""
    told = told_outcomes(frames, contest.rules, as_of=as_of)
    unseen, since = _unseen(told, contest)
    rows = _rows(frames, unseen, contest)
    bad = rows["bad"].to_numpy()
    opinions = {n: _opinion(rows, e) for n, e in _named(contest).items()}
    figures = {
        name: opinion.figures(bad) if 0 < bad.sum() < len(bad) else {} for name, opinion in opinions.items()
    }
    gaps = differences(opinions["champion"], opinions["challenger"], bad, rows["household_id"].to_numpy())
    body = {
        "estimator": contest.challenger.name,
        "challenger": contest.challenger.artefact_id,
        "champion": contest.champion.artefact_id,
        "as_of": as_of.isoformat(),
        "usable_until": (as_of + timedelta(days=contest.rules.parameters["gate_report_days"])).isoformat(),
        "policy": contest.rules.policy,
        "matured_since": None if since is None else since.isoformat(),
        "loans": rows.height,
        "defaults": int(bad.sum()),
        "restructured_left_out": int((unseen["outcome"] == RESTRUCTURED).sum()),
        "opinions": figures,
        "differences": gaps if figures["challenger"] else {},
        "groups": _groups(rows, opinions["challenger"], contest.rules),
        "leaks": _leaks(rows, contest),
        "drift": _drift(rows, contest.challenger, opinions["challenger"]),
    }
    checks = [check.told() for check in _checks(body, contest.rules.parameters)]
    return body | {"checks": checks, "passed": all(check["passed"] for check in checks)}


def _named(contest: Contest) -> dict[str, Estimator]:
    return {"champion": contest.champion, "challenger": contest.challenger}


def _unseen(told: pl.DataFrame, contest: Contest) -> tuple[pl.DataFrame, date | None]:
    """Keep the loans that matured after all that the two learnt, were stopped and were calibrated on."""
    days = [day for each in _named(contest).values() if (day := learnt_until(each)) is not None]
    since = max(days, default=None)
    later = told if since is None else told.filter(pl.col("matures_on") >= since)
    return later.filter(pl.col("outcome").is_in([REPAID, DEFAULTED, RESTRUCTURED])), since


def learnt_until(estimator: Estimator) -> date | None:
    """This function will give the first maturity that an artefact was only tested on; None if simulated.

    What was learnt on simulated counties has seen none of the store's loans.
    """
    if estimator.trained_on == "simulation":
        return None
    manifest = estimator.manifest
    return date.fromisoformat(manifest.get("split", {}).get("test") or manifest["spec"]["known_until"])


def _rows(frames: Frames, told: pl.DataFrame, contest: Contest) -> pl.DataFrame:
    seen = told.filter(pl.col("outcome") != RESTRUCTURED)
    days = contest.challenger.landmark_days
    before = formal_days(contest.rules)
    asked = before if days is None else min(max(before, days[0]), days[1])
    rows = seen_rows(frames, seen["loan_id"], contest.challenger, days_before=asked)
    bad = seen.select("loan_id", (pl.col("outcome") == DEFAULTED).cast(pl.Float64).alias("bad"))
    full = rows.join(bad, on="loan_id", maintain_order="left").drop("row").with_row_index("row")
    spoken = _spoken(full, contest)
    if spoken.is_empty():
        raise InvalidValueError(
            zh="没有两个工件都未学过、且已到期的贷款，请等待或导入更新的台账。",
            en="No loan has matured that neither artefact has learnt from; wait, or import a newer ledger.",
        )
    return spoken


def _spoken(rows: pl.DataFrame, contest: Contest) -> pl.DataFrame:
    """Keep the rows of which both speak."""
    for each in _named(contest).values():
        rows = rows.join(each.opinion(rows).select("row"), on="row", how="semi")
    return rows.sort("loan_id").drop("row").with_row_index("row")


def _opinion(rows: pl.DataFrame, estimator: Estimator) -> Opinion:
    said = estimator.opinion(rows)
    return Opinion(margin=said["margin_fixed"].to_numpy(), pd_ppm=said["pd_ppm"].to_numpy())


def _groups(rows: pl.DataFrame, opinion: Opinion, rules: Rules) -> list[Figures]:
    least, flag = rules.parameters["gate_group_least_loans"], round(rules.parameters["pd_yellow"] * PPM)
    return all_gaps(rows, opinion.pd_ppm, least=least, flagged_ppm=flag)


def _leaks(rows: pl.DataFrame, contest: Contest) -> list[Figures]:
    """Name features of the challenger that separate the outcomes by themselves, as no honest fact does."""
    bad, found = rows["bad"].to_numpy(), []
    values = contest.challenger.matrix(rows)
    for i, feature in enumerate(contest.challenger.features):
        known = ~np.isnan(values[:, i])
        alone = auc(values[known, i], bad[known])
        if alone is not None and max(alone, 1 - alone) > contest.rules.parameters["gate_leak_auc"]:
            found.append({"feature": feature.name, "auc": round(max(alone, 1 - alone), 6)})
    return found


def _drift(rows: pl.DataFrame, challenger: Estimator, opinion: Opinion) -> Figures:
    """Compare the loans of the gate with those the challenger learnt from."""
    reference = challenger.reference
    if reference is None:
        return {"told": "the artefact keeps no reference of its training; train it again to watch drift"}
    values = challenger.matrix(rows)
    columns = {f.name: values[:, i] for i, f in enumerate(challenger.features)}
    columns[SCORE] = challenger.tables.to_log_odds(opinion.margin)
    known = {n: h for n, h in reference.histograms.items() if n in columns}
    found = {n: stability(h.count(columns[n]), h.counts) for n, h in known.items()}
    return {n: {"psi": s.psi, "low": s.low, "high": s.high, "noise": s.noise} for n, s in found.items()}


def _checks(body: Mapping[str, Any], bounds: Mapping[str, float]) -> Sequence[_Check]:
    found, gaps = body["opinions"]["challenger"], body["differences"]
    worst = max((beyond(row) for row in body["groups"]), default=0.0)
    return (
        _Check(code="loans", value=body["loans"], least=bounds["gate_least_loans"]),
        _Check(code="defaults", value=body["defaults"], least=bounds["gate_least_defaults"]),
        _Check(code="auc_low", value=gaps.get("auc", {}).get("low"), least=-bounds["gate_auc_margin"]),
        _Check(
            code="logloss_high", value=gaps.get("logloss", {}).get("high"), most=bounds["gate_logloss_margin"]
        ),
        _Check(
            code="calibration_slope", value=found.get("calibration_slope"),
            least=bounds["gate_slope_least"], most=bounds["gate_slope_most"],
        ),
        _Check(code="ece", value=found.get("ece"), most=bounds["gate_ece_most"]),
        _Check(code="group_gap", value=round(worst, 6), most=bounds["gate_group_gap"]),
        _Check(code="leaks", value=len(body["leaks"]), most=0),
    )  # fmt: skip
