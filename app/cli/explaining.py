"""`explain loan|stability`: what would turn a loan's light, and whether explanations hold under a retrain."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from app.bootstrap import make_desk, settings
from app.cli.facts import AsOf, LedgerFile, Pack, facts_for
from app.cli.files import desk_of_file
from app.cli.ledger import LAST_DAY
from app.cli.progress import console, progress_bars
from app.cli.training import Day, counties_of
from app.features.feature import Stage
from app.services.turning import turning

if TYPE_CHECKING:  # the learning libraries load slowly
    from app.scoring.stability import Measure, Stability

_SHOWN = 3  # features of each attribute
_MEASURES = {
    "rank_correlation": "rank correlation of features 特征排序相关",
    "cause_correlation": "rank correlation of causes 成因排序相关",
    "top_cause": "not green: same top cause 非绿灯首要成因一致",
    "said": "not green: named as first with a clear lead 明确指出首要成因的比例",
    "kept": "… and first for the other half too …另一半亦居首",
    "kept_in_two": "… or among its first two …另一半居前二",
}
app = typer.Typer(no_args_is_help=True, help="explanations 解释")


def register(main: typer.Typer) -> None:
    """This function will add the commands."""
    main.add_typer(app, name="explain")


@app.command()
def loan(
    loan_id: Annotated[str, typer.Argument(help="贷款编号")],
    as_of: AsOf = None,
    policy: Pack = None,
    ledger: LedgerFile = None,
) -> None:
    """Tell the smallest changes of changeable facts that would turn a loan's light."""
    with facts_for(ledger, as_of, policy) as facts:
        told = turning(facts.desk, [loan_id], as_of=facts.as_of, policy=policy)[0]
    _tell_turning(told)


def _tell_turning(told: dict[str, Any]) -> None:
    pd = "" if told["pd"] is None else f" · pd {told['pd']:.2%}"
    console.print(f"{told['loan_id']} · {told['as_of']} · {told['light']}{pd}", highlight=False)
    for turn in told["turns"]:
        console.print(f"→ {turn['light']}: {turn['sentence_zh']}\n  {turn['sentence_en']}", highlight=False)
    if not told["turns"]:
        console.print(f"{told['why_none_zh']}\n{told['why_none_en']}", highlight=False)
    if told["turns"] and told["standing"]:
        console.print("不能转为绿灯，下列理由依然存在 what keeps it from green:", highlight=False)
    for standing in told["standing"]:
        console.print(f"- {standing['sentence_zh']} {standing['sentence_en']}", highlight=False)


@app.command()
def stability(
    ledger: Annotated[Path | None, typer.Option(help="ledger to learn from", exists=True)] = None,
    demo: Annotated[bool, typer.Option("--demo", help="learn from simulated counties")] = False,  # noqa: FBT002
    loans: Annotated[int, typer.Option(min=100, help="loans of each simulated county")] = 3_000,
    repeats: Annotated[int, typer.Option(min=1, max=20, help="how often the households are halved")] = 3,
    until: Day = LAST_DAY,
    policy: Pack = None,
) -> None:
    """Train on halves of the households: whether they rank features alike and name the same causes."""
    from app.services.explaining import explanation_stability  # noqa: PLC0415 - the learning libraries load slowly

    if (ledger is None) != demo:
        raise typer.BadParameter("give either --ledger FILE or --demo")
    pack = make_desk(settings()).policies.get(policy or settings().policy)
    trained_on = "simulation" if demo else "ledger"
    with progress_bars() as report:
        counties = counties_of(ledger, pack, loans, until.date(), report)
    for stage in Stage:
        found = explanation_stability(
            counties, stage, policy=pack, known_until=until.date(), trained_on=trained_on, repeats=repeats
        )
        console.print(_table(stage, found))


def _table(stage: Stage, found: "Stability") -> Table:
    title = (
        f"{stage.value}: {found.rows:,} rows, {found.flagged:,} not green, "
        f"households halved {found.repeats} times 解释稳定性"
    )
    table = Table("measure 指标", "value", "95 %", title=title)
    for name, label in _MEASURES.items():
        table.add_row(label, *_cells(getattr(found, name)))
    table.add_row("same top cause by chance 随机一致", f"{found.by_chance:.3f}", "")
    return table


def _cells(measure: "Measure") -> tuple[str, str]:
    return f"{measure.value:.3f}", f"{measure.low:.3f} … {measure.high:.3f}"


@app.command()
def proxies(
    ledger: Annotated[Path | None, typer.Option(help="ledger to learn from", exists=True)] = None,
    demo: Annotated[bool, typer.Option("--demo", help="learn from simulated counties")] = False,  # noqa: FBT002
    loans: Annotated[int, typer.Option(min=100, help="loans of each simulated county")] = 3_000,
    until: Day = LAST_DAY,
    policy: Pack = None,
) -> None:
    """Report which features give away what is refused; with --ledger also sex, read and forgotten.

    Ends with 1 where one does that nothing allows.
    """
    from app.services.explaining import proxies_of, sexes_of  # noqa: PLC0415 - the learning libraries load slowly

    if (ledger is None) != demo:
        raise typer.BadParameter("give either --ledger FILE or --demo")
    pack, sexes = make_desk(settings()).policies.get(policy or settings().policy), None
    with progress_bars() as report:
        if ledger is None:
            counties = counties_of(None, pack, loans, until.date(), report)
        else:
            with desk_of_file(ledger, pack, report) as (desk, frames):
                counties, sexes = [frames], sexes_of(desk, frames)
    forbidden: set[str] = set()
    for stage in Stage:
        found = proxies_of(
            counties, stage, policy=pack, known_until=until.date(),
            trained_on="simulation" if demo else "ledger", sexes=sexes,
        )  # fmt: skip
        _tell_proxies(stage, found)
        forbidden |= {feature for named in found["forbidden"].values() for feature in named}
    if forbidden:
        listed = ", ".join(sorted(forbidden))
        console.print(f"泄露禁用信息的特征不得用于训练 not to be learnt from: {listed}", highlight=False)
        raise typer.Exit(1)


def _tell_proxies(stage: Stage, found: dict[str, Any]) -> None:
    table = Table("attribute 禁用信息", "kinds", "feature 特征", "share", "AUC", "proxy", title=stage.value)
    for name, part in found["attributes"].items():
        for feature, seen in list(part["features"].items())[:_SHOWN]:
            ranked = "" if seen["auc"] is None else f"{seen['auc']:.3f}"
            mark = (
                "" if not seen["proxy"] else "●" if feature in found["forbidden"][name] else "○ 允许 allowed"
            )
            table.add_row(name, str(part["kinds"]), feature, f"{seen['share']:.1%}", ranked, mark)
    console.print(table)
    for name, why in found["unchecked"].items():
        console.print(f"not checked 未能检验 {name}: {why}", highlight=False)
