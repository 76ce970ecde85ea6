"""What is wrong with facts that someone sent: where, and in a sentence, never what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from app.domain.errors import XindengError


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong, at a JSON path."""

    path: str
    code: str
    zh: str
    en: str


class InvalidFactsError(XindengError):
    """Facts contradict each other or the day they are judged on; every contradiction is listed."""

    code = "invalid_facts"
    shown: ClassVar[int] = 100  # more than anyone reads; the total is told

    def __init__(self, findings: Sequence[Finding]) -> None:
        """This function will keep the findings and sum them up in one sentence."""
        total = len(findings)
        zh = f"共有 {total} 处内容有误，详见 errors。"
        en = f"{total} problem(s) found; see errors."
        super().__init__(zh=zh, en=en, total=total)
        self.findings = tuple(findings[: self.shown])

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> Self:
        """This function will make the error for some findings."""
        return cls(findings)

    @classmethod
    def at(cls, path: str, code: str, *, zh: str, en: str) -> Self:
        """This function will make the error for one finding."""
        return cls([Finding(path=path, code=code, zh=zh, en=en)])
