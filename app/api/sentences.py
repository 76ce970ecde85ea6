"""Validation errors as sentences: by error type, with the limits of the schema, never with the input."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from app.services.findings import Finding

# By pydantic's error type: code, Chinese, English. `{…}` are limits from the schema, never input.
_SENTENCES: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "missing": ("missing", "缺少必填项。", "This field is required."),
        "extra_forbidden": (
            "unknown_field",
            "此处有不认识的字段；请核对接口文档中的字段名。",
            "There is an unknown field here; check the field names in the documentation.",
        ),
        "int_type": ("not_an_integer", "应为整数。", "This must be a whole number."),
        "int_parsing": ("not_an_integer", "应为整数。", "This must be a whole number."),
        "float_type": ("not_a_number", "应为数字。", "This must be a number."),
        "finite_number": ("not_finite", "应为有限的数字。", "This must be a finite number."),
        "bool_type": ("not_a_flag", "应为 true 或 false。", "This must be true or false."),
        "string_type": ("not_a_text", "应为文本。", "This must be a text."),
        "string_too_short": ("empty", "不能为空。", "This must not be empty."),
        "string_too_long": (
            "too_long",
            "最多 {max_length} 个字符。",
            "This may have at most {max_length} characters.",
        ),
        "string_pattern_mismatch": (
            "bad_characters",
            "含有不允许的字符，或位数不对。",
            "This has characters that are not allowed, or a wrong length.",
        ),
        "enum": ("not_a_choice", "应为以下之一：{expected}。", "This must be one of: {expected}."),
        "literal_error": ("not_a_choice", "应为以下之一：{expected}。", "This must be one of: {expected}."),
        "date_type": (
            "not_a_date",
            "应为日期，写作 2026-03-09。",
            "This must be a date, written as 2026-03-09.",
        ),
        "greater_than_equal": ("too_small", "不得小于 {ge}。", "This must be at least {ge}."),
        "less_than_equal": ("too_large", "不得大于 {le}。", "This must be at most {le}."),
        "greater_than": ("too_small", "应大于 {gt}。", "This must be greater than {gt}."),
        "list_type": ("not_a_list", "应为列表。", "This must be a list."),
        "too_long": ("too_many", "最多 {max_length} 项。", "At most {max_length} items."),
        "too_short": ("too_few", "至少 {min_length} 项。", "At least {min_length} item(s)."),
        "model_type": ("not_an_object", "应为 JSON 对象。", "This must be a JSON object."),
        "personal_number": (
            "personal_number",
            "此处不得填写公民身份号码，请改用假名化编号。",
            "A citizen ID number must not stand here; use a pseudonymous id.",
        ),
    }
)

_UNNAMED: Final = ("invalid", "内容有误。", "This is not valid.")
# Errors of these types end their location with a name that the caller chose.
_NAMED_BY_CALLER: Final = frozenset({"extra_forbidden"})
_PARAMETERS: Final = frozenset({"query", "path", "header"})


def findings_of(errors: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """This function will turn pydantic's errors into findings."""
    return [_finding(error) for error in errors]


def _finding(error: Mapping[str, Any]) -> Finding:
    code, zh, en = _SENTENCES.get(error["type"], _UNNAMED)
    limits = {name: str(value).replace(" or ", ", ") for name, value in (error.get("ctx") or {}).items()}
    location = error["loc"][:-1] if error["type"] in _NAMED_BY_CALLER else error["loc"]
    return Finding(path=json_path(location), code=code, zh=zh.format_map(limits), en=en.format_map(limits))


def json_path(location: Iterable[str | int]) -> str:
    """This function will write a location as a JSON path.

    >>> json_path(("household", "loans", 0, "matures_on"))
    '$.household.loans[0].matures_on'
    >>> json_path(("query", "light"))
    '?light'
    >>> json_path(("query", "by", 0))
    '?by[0]'
    >>> json_path(())
    '$'
    """
    parts = tuple(location)
    steps = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    in_address = bool(parts) and parts[0] in _PARAMETERS
    return "?" + steps.split(".", maxsplit=2)[-1] if in_address else f"${steps}"
