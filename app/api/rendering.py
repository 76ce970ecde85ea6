"""Answers as JSON bytes: made of plain values already, so nothing is validated twice."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from fastapi.responses import Response


def rendered(value: Mapping[str, Any]) -> Response:
    """This function will write an answer as UTF-8 JSON; days and moments in ISO 8601, never NaN."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)
    return Response(text.encode(), media_type="application/json")


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    message = f"no JSON for {type(value).__name__}"
    raise TypeError(message)
