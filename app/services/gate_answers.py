"""Whether a gate report 门槛报告 opens the gate on a day, and what is said where it does not."""

from datetime import date

from app.domain.errors import InvalidValueError, Problem
from app.services.watch_ports import GateReport


def lacking(report: GateReport | None, today: date) -> Problem | None:
    """This function will say why a gate report does not open the gate; None where it does."""
    if report is None:
        return Problem(zh="没有与在用工件比较的门槛报告", en="there is no gate report against the champion")
    if not report.passed:
        return Problem(
            zh="最近一次门槛报告未通过", en="the latest gate report against the champion did not pass"
        )
    if report.usable_until is None or report.usable_until < today:
        return Problem(
            zh=f"{report.as_of} 的门槛报告已过期", en=f"its gate report as of {report.as_of} has expired"
        )
    return None


def shut(artefact_id: str, lack: Problem) -> InvalidValueError:
    """This function will make the error that says why and which command helps."""
    return InvalidValueError(
        zh=f"工件 {artefact_id} 不能启用：{lack.zh}。请运行 models gate {artefact_id}，"
        "或写明理由并用 --despite-gate。",
        en=f"The artefact {artefact_id} cannot be promoted: {lack.en}. Run `models gate {artefact_id}`, or "
        "give a reason with --despite-gate.",
    )
