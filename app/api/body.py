"""Reading a JSON body: strict, without duplicate keys, and never on the event loop."""

import json
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from app.api.errors import InvalidRequestError, UnsupportedMediaTypeError, invalid_json
from app.api.sentences import findings_of

M = TypeVar("M", bound=BaseModel)


async def raw_body(request: Request) -> bytes:
    """This function will read the bytes of a JSON body; the edge has bounded them."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise UnsupportedMediaTypeError(
            zh="请求体应为 application/json。", en="The body must be application/json."
        )
    return await request.body()


RawBody = Annotated[bytes, Depends(raw_body)]


def parse(model: type[M], raw: bytes) -> M:
    """This function will read a body as a model; raises InvalidRequestError that names every field."""
    try:
        value = model.model_validate_json(raw)
    except ValidationError as error:
        raise _refusal(error) from None
    json.loads(raw, object_pairs_hook=_once)
    return value


def _refusal(error: ValidationError) -> InvalidRequestError:
    errors = error.errors(include_input=False, include_url=False)
    if errors[0]["type"] == "json_invalid":
        return invalid_json(str(errors[0].get("ctx", {}).get("error", "")))
    return InvalidRequestError.of(findings_of(errors))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        zh, en = "同一对象中有重复的字段名。", "An object names the same field twice."
        raise InvalidRequestError.at("$", "duplicate_field", zh=zh, en=en)
    return found
