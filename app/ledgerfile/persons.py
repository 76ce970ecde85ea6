"""Checks ID numbers (GB 11643-1999) a column at a time, saying what is wrong with each.

Agrees with `app.domain.identity.is_id_number`, which checks one (tested).
"""

from typing import Final

import polars as pl

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK: Final = tuple("10X98765432")
_SHAPE: Final = r"^[1-9][0-9]{16}[0-9X]$"


def read_person(text: pl.Expr) -> tuple[pl.Expr, tuple[tuple[pl.Expr, str], ...]]:
    """This function will give the normal ID number (null where it is none) and the reasons against it."""
    number = text.str.replace_all(r"\s", "").str.to_uppercase()
    shaped = pl.when(number.str.contains(_SHAPE)).then(number)
    born = shaped.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    checked = shaped.str.slice(17, 1) == _check_digit(shaped)
    problems = (
        (
            number.str.contains(r"^[0-9](?:\.[0-9]+)?E\+[0-9]+$"),
            "被表格软件改成了数字，末几位已丢失，请按文本格式重填",
        ),
        (number.str.contains(r"^[0-9]{15}$"), "是15位旧号码，请改为18位"),
        (number.str.len_chars() != 18, "应为18位"),
        (shaped.is_null(), "含有不应有的字符"),
        (born.is_null(), "中的出生日期不存在"),
        (~checked, "校验位不符"),
    )
    return pl.when(checked & born.is_not_null()).then(shaped), problems


def _check_digit(shaped: pl.Expr) -> pl.Expr:
    digits = [shaped.str.slice(i, 1).cast(pl.Int64, strict=False) * w for i, w in enumerate(_WEIGHTS)]
    return (pl.sum_horizontal(digits) % 11).replace_strict(dict(enumerate(_CHECK)), default=None)
