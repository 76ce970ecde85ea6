"""The OpenAPI description: FastAPI's own, with the bodies that we parse ourselves added to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.api.problems import ProblemAnswer

_TEMPLATE: Final = "#/components/schemas/{model}"
_DESCRIPTION: Final = """\
脱贫人口小额信贷 631 评级与到期预警。Ratings and early warnings for small rural loans.

Amounts are integer fen (分, 1 yuan = 100 fen), rates integer ppm a year, dates ISO 8601.
Facts carry pseudonymous ids only; a citizen ID number is refused. Errors are `application/problem+json`
(RFC 9457), in Chinese and English, and never repeat what was sent.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyDocs:
    """The body of one operation, and examples of it by name."""

    model: type[BaseModel]
    examples: Mapping[str, Any]
    answer: Mapping[str, Any] | None = None  # to the first example


def describe(app: FastAPI, bodies: Mapping[str, BodyDocs]) -> None:
    """This function will make `app.openapi()` tell the bodies, given by path."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _schema(app, bodies)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _schema(app: FastAPI, bodies: Mapping[str, BodyDocs]) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        description=_DESCRIPTION,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    models = [(docs.model, "validation") for docs in bodies.values()]
    _, shared = models_json_schema([*models, (ProblemAnswer, "serialization")], ref_template=_TEMPLATE)  # type: ignore[list-item]
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(shared["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path, docs in bodies.items():
        operation = schema["paths"][path]["post"]
        operation["requestBody"] = _body(docs)
        if docs.answer is not None:
            operation["responses"]["200"]["content"]["application/json"]["example"] = docs.answer
    return schema


def _body(docs: BodyDocs) -> dict[str, Any]:
    examples = {name: {"value": value} for name, value in docs.examples.items()}
    reference = {"$ref": _TEMPLATE.format(model=docs.model.__name__)}
    return {"required": True, "content": {"application/json": {"schema": reference, "examples": examples}}}
