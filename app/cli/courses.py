"""`course start|step|show|list`: cases on their course, step by step."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import polars as pl
import typer

from app.bootstrap import make_desk, settings
from app.cli.facts import DAY, AsOf, LedgerFile, Pack, facts_for
from app.cli.progress import console
from app.cli.sheets import tell
from app.domain.ledger.columns import choice, code, count, day, flag, text
from app.domain.scheme_words import StepOutcome
from app.ledgerfile.writing import Sheet, write_workbook
from app.portfolio.cases import HISTORY_SCHEMA
from app.services.courses import (
    HOLIDAYS,
    Recorded,
    Taken,
    case_told,
    list_cases,
    record_step,
    show_case,
    start_case,
)

app = typer.Typer(no_args_is_help=True, help="courses of cases 办理流程")
Case = Annotated[str, typer.Argument(help="办件编号")]
Actor = Annotated[str, typer.Option(help="经办人编号")]
On = Annotated[datetime | None, typer.Option(formats=DAY, help="办理日期; today when left out")]
Note = Annotated[str | None, typer.Option(help="说明; no names")]
File = Annotated[Path | None, typer.Option("--out", help="also write a workbook 输出文件 .xlsx")]
STATES: Final = (
    code("case_id", "办件编号"),
    code("course", "流程"),
    code("household_id", "户编号"),
    code("step", "已办环节"),
    choice("outcome", "结论", StepOutcome),
    count("round", "轮次"),
    code("by", "经办人编号"),
    day("since", "办理日期"),
    code("next_step", "下一环节"),
    code("next_by", "办理层级"),
    day("due_on", "应办日期（节假日未计入）"),
    count("days_late", "逾期天数"),
    flag("finished", "已办结"),
    flag("refused", "不通过"),
    text("fault", "不符之处"),
)
SHOWN: Final = tuple(c for c in STATES if c.name in {"case_id", "step", "next_step", "due_on", "days_late"})
HISTORY: Final = (
    count("event_no", "序号"),
    count("round", "轮次"),
    text("step_zh", "环节"),
    code("level", "办理层级"),
    choice("outcome", "结论", StepOutcome),
    code("actor_id", "经办人编号"),
    day("done_on", "办理日期"),
    day("due_on", "应办日期（节假日未计入）"),
    flag("late", "逾期"),
    text("note", "说明"),
)


def register(main: typer.Typer) -> None:
    """This function will add the commands."""
    main.add_typer(app, name="course")


@app.command()
def start(
    case: Case,
    household: Annotated[str, typer.Option(help="户编号")],
    course: Annotated[str, typer.Option(help="流程, a course of the pack")],
    actor: Actor,
    on: On = None,
    note: Note = None,
    policy: Pack = None,
) -> None:
    """Begin a case: record that the first step of its course has passed."""
    desk = make_desk(settings())
    taken = Taken(
        case_id=case, household_id=household, course=course, step="", outcome=StepOutcome.PASSED,
        actor_id=actor, done_on=_day(on, desk.today()), note=note,
    )  # fmt: skip
    _tell(start_case(desk, taken, policy=policy))


@app.command()
def step(
    case: Case,
    step: Annotated[str, typer.Argument(help="环节")],
    actor: Actor,
    outcome: Annotated[StepOutcome, typer.Option(help="passed, returned, refused 结论")] = StepOutcome.PASSED,
    on: On = None,
    note: Note = None,
    policy: Pack = None,
) -> None:
    """Record the next step of a case; one that does not fit is refused with the clause."""
    desk = make_desk(settings())
    known = show_case(desk, case, as_of=desk.today(), policy=policy)
    taken = Taken(
        case_id=case, household_id=known["household_id"], course=known["course"], step=step, outcome=outcome,
        actor_id=actor, done_on=_day(on, desk.today()), note=note,
    )  # fmt: skip
    _tell(record_step(desk, taken, policy=policy))


@app.command()
def show(case: Case, as_of: AsOf = None, policy: Pack = None, ledger: LedgerFile = None) -> None:
    """Show where a case stands, and who did what when."""
    with facts_for(ledger, as_of, policy) as facts:
        told = case_told(facts.frames, facts.desk, case, as_of=facts.as_of, policy=policy)
    _show(told)


@app.command("list")
def list_(
    as_of: AsOf = None,
    policy: Pack = None,
    ledger: LedgerFile = None,
    out: File = None,
    late: Annotated[bool, typer.Option("--late", help="late ones only 仅逾期")] = False,  # noqa: FBT002
) -> None:
    """List all cases: the step reached, whose turn it is, and what is late."""
    with facts_for(ledger, as_of, policy) as facts:
        rows = list_cases(facts.desk, facts.frames, as_of=facts.as_of, policy=policy)
    chosen = rows.filter("late") if late else rows
    tell([Sheet(name="办件", columns=SHOWN, rows=chosen)], None)
    console.print(HOLIDAYS)
    if out is not None:
        write_workbook(out, [Sheet(name="办件", columns=STATES, rows=chosen)])
        console.print(f"written 已写出: {out}")


def _day(on: datetime | None, today: date) -> date:
    return on.date() if on else today


def _tell(recorded: Recorded) -> None:
    console.print("recorded 已登记" if recorded.done == "added" else "nothing changes 未作改动")
    _show(recorded.case)


def _show(case: dict[str, Any]) -> None:
    rows = pl.DataFrame(case["history"], schema=HISTORY_SCHEMA, orient="row")
    tell([Sheet(name=f"{case['course']} {case['case_id']}", columns=HISTORY, rows=rows)], None)
    console.print(_standing(case))
    if case["fault"]:
        console.print(f"does not fit 不符之处: {case['fault']}")


def _standing(case: dict[str, Any]) -> str:
    if case["finished"] or case["refused"]:
        return "finished 已办结" if case["finished"] else "refused 不通过，流程结束"
    by = f", by 应于 {case['due_on']}（节假日未计入）" if case["due_on"] else ""
    late = f", late 逾期 {case['days_late']} 天" if case["late"] else ""
    return f"next 下一环节: {case['next_step']} ({case['next_by']}){by}{late}"
