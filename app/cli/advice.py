"""`evaluate-advice`: whether advice pays, on a simulated county whose outcomes are known."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

from app.assessment import Basis
from app.bootstrap import effects, estimators, make_desk, settings
from app.cli.ledger import DAY, LAST_DAY, Pack
from app.cli.progress import console, progress_bars
from app.features.feature import Stage
from app.policy.policy import Policy
from app.services.advising import AdvisedCounty, Evaluation, evaluate_advice
from app.simulation import CountySpec, expected_outcomes, simulate
from app.simulation import frames as county_frames

_STEPS: Final = 3
_MATURING: Final = 0.7  # of a county's loans come to their formal assessment before its last day, and more
LABELS: Final[Mapping[str, str]] = {
    "never_restructure": "一律到期收回 never restructure",
    "always_extend": "一律展期 always extend",
    "always_renew": "一律续贷 always renew",
    "triage": "分类处置规则 triage rules alone",
    "pd_alone": "只看违约概率 PD alone",
    "ours": "本系统 ours",
    "oracle": "事前最优 ex-ante oracle",
}
Day = Annotated[datetime, typer.Option(formats=DAY, help="last day of the simulated ledger")]


def register(app: typer.Typer) -> None:
    """This function will add the command."""
    app.command("evaluate-advice")(evaluate_advice_)


def evaluate_advice_(
    seed: Annotated[int, typer.Option(min=0, help="seed of the county")] = 911,
    regime: Annotated[str, typer.Option(help="ordinary, price_collapse, drought or disease")] = "ordinary",
    loans: Annotated[int, typer.Option(min=100, help="maturing loans to look at")] = 20_000,
    times: Annotated[int, typer.Option(min=2, help="futures played per loan and action")] = 32,
    until: Day = LAST_DAY,
    out: Annotated[Path | None, typer.Option(help="write all figures as JSON")] = None,
    policy: Pack = None,
) -> None:
    """Run policies over a simulated county: what each loses per loan, and how far it goes to the oracle."""
    pack = make_desk(settings()).policies.get(policy or settings().policy)
    spec = CountySpec(seed=seed, loans=round(loans / _MATURING), until=until.date(), regime=regime)
    found = _evaluated(spec, loans, times, pack)
    if out:
        out.write_text(json.dumps(found.to_dict(), ensure_ascii=False, indent=1, default=str) + "\n")
    _tell(found)


def _evaluated(spec: CountySpec, loans: int, times: int, pack: Policy) -> Evaluation:
    models = settings().models_dir
    basis = Basis(policy=pack, estimator=estimators(models)[Stage.MATURITY], effects=effects(models))
    with progress_bars() as report:
        report("模拟 simulate", 0, _STEPS)
        county = simulate(spec)
        report("未来 futures", 1, _STEPS)
        expected = expected_outcomes(spec, times=times)
        report("评估 evaluate", 2, _STEPS)
        advised = AdvisedCounty(
            frames=county_frames(county, _lags(pack, spec.until)),
            expected=expected,
            outcomes=county.outcomes,
            origin=asdict(spec) | {"until": spec.until.isoformat(), "futures": times},
            loans=loans,
        )
        return evaluate_advice(advised, basis, spec.until)


def _lags(policy: Policy, day: date) -> Mapping[str, int]:
    return {lag.code: lag.now.days for lag in policy.at(day).knowledge}


def _tell(found: Evaluation) -> None:
    origin = found.origin
    table = Table(
        "policy 策略", "yuan per loan 元/笔", "failed 违约", "visits 走访", "used 用于建议",
        "more than ours 比本系统多损失", "way to the oracle 距最优",
        title=f"{origin['regime']} · seed {origin['seed']} · {found.loans} loans 笔",
    )  # fmt: skip
    for each in found.outcomes:
        more, way = each.more, each.way
        table.add_row(
            LABELS[each.policy], f"{each.loss:.1f}", f"{each.failed:.0f}", str(each.visits), str(each.used),
            f"{more[0]:+.1f} ({more[1]:+.1f} … {more[2]:+.1f})",
            f"{way[0]:.1%} ({way[1]:.1%} … {way[2]:.1%})",
        )  # fmt: skip
    console.print(table)
    console.print(_recorded(found))


def _recorded(found: Evaluation) -> Table:
    table = Table(
        "action 措施", "treated 笔", "doubly robust 双稳健", "hidden reasons 未见因素", "naive 直接比较",
        "truth 真值", "holds 含真值",
        title="已办处置的效果（违约率变化） recorded dispositions: change of the failure rate",
        caption="未见因素：假定台账看不到的因素对处置的影响不超过最强的已见因素（几率倍数）。"
        " Hidden reasons: no stronger in choosing than the strongest fact seen (factor of the odds).",
    )  # fmt: skip
    for check in found.recorded:
        e = check.estimate
        table.add_row(
            check.action, str(e.n), f"{e.change:+.2%} ({e.low:+.2%} … {e.high:+.2%})",
            f"{e.least:+.1%} … {e.most:+.1%} (×{e.gamma:.2f} {check.yardstick})", f"{check.naive:+.2%}",
            f"{check.truth:+.2%}", "是 yes" if check.holds else "否 no",
        )  # fmt: skip
    return table
