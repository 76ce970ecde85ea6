"""Opaque page cursors: where a list goes on, for which day and which filters."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Self

from app.api.errors import InvalidRequestError
from app.services.ports import WarningFilter


def _fingerprint(where: WarningFilter) -> str:
    text = json.dumps(asdict(replace(where, as_of=None)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _bad(zh: str, en: str) -> InvalidRequestError:
    return InvalidRequestError.at("?cursor", "bad_cursor", zh=zh, en=en)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The position after a page: the day, the filters' fingerprint, and the store's own position."""

    as_of: date
    filters: str
    after: tuple[int, str, int]

    @classmethod
    def behind(cls, row: Mapping[str, Any], where: WarningFilter) -> Self:
        """This function will make the cursor that continues behind a row of the list."""
        return cls(as_of=row["as_of"], filters=_fingerprint(where), after=row["cursor"])

    def text(self) -> str:
        """This function will write the cursor for a URL."""
        plain = json.dumps([self.as_of.isoformat(), self.filters, *self.after], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, where: WarningFilter) -> Self:
        """This function will read a cursor; raises InvalidRequestError for a foreign or altered one."""
        try:
            day, filters, urgency, loan_id, seq = json.loads(
                base64.b64decode(_padded(text), b"-_", validate=True)
            )
            cursor = cls(as_of=date.fromisoformat(day), filters=filters, after=(urgency, loan_id, seq))
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise _bad(
                "游标无效；请从第一页重新开始。", "The cursor is not valid; start at the first page."
            ) from None
        cursor._check(where)
        return cursor

    def _check(self, where: WarningFilter) -> None:
        urgency, loan_id, seq = self.after
        numbers = all(type(n) is int and 0 <= abs(n) < 2**62 for n in (urgency, seq))
        if not (numbers and isinstance(loan_id, str) and loan_id.isprintable()):
            raise _bad("游标无效；请从第一页重新开始。", "The cursor is not valid; start at the first page.")
        other_day = where.as_of is not None and where.as_of != self.as_of
        if self.filters != _fingerprint(where) or other_day:
            raise _bad("游标与筛选条件不一致。", "The cursor belongs to other filters.")


def _padded(text: str) -> bytes:
    return text.encode("ascii", "replace") + b"=" * (-len(text) % 4)
