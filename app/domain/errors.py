"""One tree of errors, without HTTP; each is a sentence that helps, in Chinese and English."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What went wrong, in both languages; never holds personal data."""

    zh: str
    en: str


class XindengError(Exception):
    """Something expected went wrong; `code` is stable for machines."""

    code: ClassVar[str] = "error"

    def __init__(self, *, zh: str, en: str, **details: str | int | None) -> None:
        """This function will keep both sentences and the machine-readable details."""
        super().__init__(en)
        self.problem = Problem(zh=zh, en=en)
        self.details = details


class InvalidLedgerFileError(XindengError):
    """A file is not a ledger that can be read: wrong kind, encrypted, too large, no sheet known."""

    code = "invalid_ledger_file"


class InvalidValueError(XindengError):
    """A single value cannot be read as what its column holds."""

    code = "invalid_value"


class PolicyError(XindengError):
    """A policy pack is broken or says nothing for a date; names the pack, file, line or date."""

    code = "policy"


class UnknownPolicyError(PolicyError):
    """There is no such policy pack."""

    code = "unknown_policy"


class NoRulesInForceError(PolicyError):
    """A policy pack has no rules in force on a date."""

    code = "no_rules_in_force"


class ArtefactError(XindengError):
    """A model artefact is missing, altered or does not fit this code."""

    code = "artefact"


class TrainingError(XindengError):
    """A model cannot be trained on these data."""

    code = "training"


class ConflictError(XindengError):
    """Somebody else decided meanwhile: nothing was stored; look again and decide anew."""

    code = "conflict"


class NotFoundError(XindengError):
    """There is no such loan, household or decision."""

    code = "not_found"


class StoreError(XindengError):
    """The database cannot be used: not migrated, busy, or out of reach."""

    code = "store"
