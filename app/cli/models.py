"""`models`: which artefacts there are, the gate, and who put which in service 模型登记."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.bootstrap import make_desk, make_store, now, settings
from app.cli.facts import AsOf, Pack
from app.cli.progress import console
from app.cli.sheets import tell
from app.db.store import SqlStore
from app.ledgerfile.writing import write_workbook
from app.scoring.pd_model import Estimator
from app.scoring.shelf import Shelf, read_shelf
from app.services import registry
from app.services.beside_rating import beside_rating
from app.services.desk import BUSINESS_ZONE, Desk
from app.services.gating import Contest
from app.services.gating import gate as run_gate
from app.services.registry import Signatures, Standing
from app.services.watch_ports import GateReport, Promotion
from app.services.watch_sheets import CHECKS, gate_sheets, gate_verdict, rating_sheet

app = typer.Typer(no_args_is_help=True, help="artefacts: list, gate, promote, roll back 模型登记")
Artefact = Annotated[str, typer.Argument(help="id of the artefact, as `models list` shows it 工件编号")]
By = Annotated[str, typer.Option("--by", help="who proposes, an operator's code 提出人")]
ApprovedBy = Annotated[str, typer.Option("--approved-by", help="who approves, another person 批准人")]
Reason = Annotated[str, typer.Option(help="why 理由")]


@dataclass(frozen=True, slots=True)
class _Office:
    """The desk, the shelf and what was decided."""

    desk: Desk
    shelf: Shelf
    promotions: list[Promotion]

    @property
    def standing(self) -> Standing:
        return Standing.of(self.shelf, self.promotions)


def _office() -> _Office:
    desk = make_desk(settings())
    with desk.store.read() as work:
        promotions = list(work.registry.promotions())
    return _Office(desk, read_shelf(settings().models_dir), promotions)


@app.command("list")
def list_() -> None:
    """List artefacts with their roles, and every decision about them."""
    office = _office()
    console.print(_artefacts(office))
    console.print(_decisions(office.promotions))
    for folder, error in office.shelf.broken.items():
        console.print(f"{folder}: {error.problem.zh} {error.problem.en}", highlight=False)
    for name, error in office.standing.missing.items():
        console.print(f"[bold red]{name}[/]: {error.problem.zh} {error.problem.en}", highlight=False)


def _artefacts(office: _Office) -> Table:
    table = Table("estimator 模型", "artefact 工件", "role 角色", "folder 文件夹", "trained on 训练数据")
    speaking = {each.artefact_id for each in office.standing.speaking.values()}
    out = registry.retired(office.promotions)
    for each in sorted(office.shelf.by_id.values(), key=lambda e: (e.name, e.artefact_id)):
        role = "champion 在用" if each.artefact_id in speaking else "challenger 候选"
        told = "retired 停用" if each.artefact_id in out - speaking else role
        folder = office.shelf.folders[each.artefact_id]
        table.add_row(each.name, each.artefact_id, told, folder, each.trained_on)
    return table


def _decisions(promotions: list[Promotion]) -> Table:
    table = Table(
        "time 时间", "decision 决定", "artefact 工件", "gate 门槛", "by 提出", "approved 批准", "reason 理由"
    )
    for each in promotions:
        gate = "despite 例外" if each.despite_gate else (each.gate_id or "-")
        moment = f"{each.decided_at.astimezone(BUSINESS_ZONE):%Y-%m-%d %H:%M}"
        table.add_row(
            moment, f"{each.kind.value} {each.kind.zh}", each.artefact_id, gate,
            each.proposed_by, each.approved_by, each.reason,
        )  # fmt: skip
    return table


@app.command()
def gate(
    artefact: Artefact,
    as_of: AsOf = None,
    policy: Pack = None,
    out: Annotated[Path | None, typer.Option("--out", help=".xlsx, or .json for all of it")] = None,
) -> None:
    """Measure a challenger against the champion on matured loans that neither has learnt from."""
    office = _office()
    challenger = office.shelf.get(artefact)
    champion = _champion(office, challenger)
    day = as_of.date() if as_of else office.desk.today()
    rules = office.desk.policies.get(policy or office.desk.settings.policy).at(day)
    contest = Contest(champion=champion, challenger=challenger, rules=rules)
    report = run_gate(office.desk, contest, as_of=day)
    body = json.loads(report.report)
    if out is not None and out.suffix == ".json":
        out.write_text(report.report)
    elif out is not None:
        write_workbook(out, gate_sheets(body))
    console.print(_checks(report))
    result, said = "passed 通过" if report.passed else "not passed 未通过", gate_verdict(body)
    until = f"counts until 有效至 {report.usable_until}"
    console.print(
        f"gate report 门槛报告 {report.gate_id}: {result}, {until}\n{said.zh}\n{said.en}", highlight=False
    )


@app.command()
def compare(artefact: Artefact, as_of: AsOf = None, policy: Pack = None) -> None:
    """Measure an artefact beside the 631 on matured loans that it has not learnt from 与631比较."""
    office = _office()
    day = as_of.date() if as_of else office.desk.today()
    rules = office.desk.policies.get(policy or office.desk.settings.policy).at(day)
    with office.desk.store.read() as work:
        frames = work.facts.frames(as_of=day)
    found = beside_rating(frames, office.shelf.get(artefact), rules, as_of=day)
    tell([rating_sheet(found)], None)
    console.print(f"{found.verdict.zh}\n{found.verdict.en}", highlight=False)


def _checks(report: GateReport) -> Table:
    table = Table("condition 门槛", "value 数值", "least 不低于", "most 不高于", "passed 通过")
    for row in json.loads(report.report)["checks"]:
        figures = ("-" if row[n] is None else f"{row[n]:,.4g}" for n in ("value", "least", "most"))
        table.add_row(f"{row['check']} {CHECKS[row['check']]}", *figures, "✓" if row["passed"] else "✗")
    return table


def _champion(office: _Office, challenger: Estimator) -> Estimator:
    missing = office.standing.missing.get(challenger.name)
    if missing is not None:
        raise missing
    return office.standing.speaking[challenger.name]


@app.command()
def promote(
    artefact: Artefact,
    by: By,
    approved_by: ApprovedBy,
    reason: Reason,
    despite_gate: Annotated[  # noqa: FBT002
        bool, typer.Option("--despite-gate", help="without a passing gate report; recorded 例外启用")
    ] = False,
) -> None:
    """Put an artefact in service: two people, and a gate report that passed."""
    store, shelf, at = _place()
    signed = Signatures(proposed_by=by, approved_by=approved_by, reason=reason)
    _told(registry.promote(store, shelf, artefact, by=signed, at=at, despite_gate=despite_gate))


@app.command()
def rollback(
    estimator: Annotated[str, typer.Argument(help="maturity or application")],
    by: By,
    approved_by: ApprovedBy,
    reason: Reason,
) -> None:
    """Let the previous champion speak again."""
    store, shelf, at = _place()
    signed = Signatures(proposed_by=by, approved_by=approved_by, reason=reason)
    _told(registry.rollback(store, shelf, estimator, by=signed, at=at))


@app.command()
def retire(artefact: Artefact, by: By, approved_by: ApprovedBy, reason: Reason) -> None:
    """Stop watching a challenger."""
    store, shelf, at = _place()
    signed = Signatures(proposed_by=by, approved_by=approved_by, reason=reason)
    _told(registry.retire(store, shelf, artefact, by=signed, at=at))


def _place() -> tuple[SqlStore, Shelf, datetime]:
    return make_store(settings()), read_shelf(settings().models_dir), now()


def _told(decided: Promotion) -> None:
    kept = " despite the gate 例外" if decided.despite_gate else ""
    console.print(f"{decided.kind.value} {decided.kind.zh}: {decided.estimator} {decided.artefact_id}{kept}")
