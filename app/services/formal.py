"""Every loan judged on the day of its formal assessment, on what was known that day."""

from dataclasses import replace
from datetime import date

import polars as pl

from app.assessment import Basis, faults, judge
from app.domain.errors import TrainingError
from app.domain.frames import Frames
from app.features.base import landmark_base
from app.features.context import Context
from app.policy.policy import Rules


def formally_assessed(frames: Frames, basis: Basis, until: date) -> pl.DataFrame:
    """This function will judge every loan whose formal assessment fell on or before a day, as of that day.

    Gives the judged loans: features, opinions, light, causes, order of actions.
    """
    rules = basis.policy.at(until)
    day = pl.col("matures_on").dt.offset_by(f"-{_formal_days(rules)}d").alias("as_of")
    loans = frames["loans"].unique("loan_id", keep="first", maintain_order=True).with_columns(day)
    running = pl.col("as_of").is_between("disbursed_on", until)
    base = landmark_base(frames, loans.filter(running).select("loan_id", "as_of"))
    sound = base.join(faults(base), on="loan_id", how="anti", maintain_order="left")
    context = Context.of(frames, sound["as_of"].unique().to_list())
    rows = sound.drop("row").with_row_index("row")
    return judge(frames, rows, as_of=until, basis=replace(basis, context=context))


def _formal_days(rules: Rules) -> int:
    """Tell how many days before maturity the assessment of record is made."""
    days = [step.now.days_before for step in rules.reminders if step.now.formal]
    if not days:
        raise TrainingError(
            zh="政策包没有规定到期前的正式研判日。", en="The pack names no day of formal assessment."
        )
    return max(days)
