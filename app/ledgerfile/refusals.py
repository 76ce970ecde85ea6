"""The sentences with which a whole file is refused; none holds a cell's content."""

from typing import Final

from app.domain.errors import InvalidLedgerFileError

_SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "empty": ("文件是空的。", "The file is empty."),
    "too_large": (
        "文件过大：超过 {limit} 字节，请分成几个文件导入。",
        "The file is too large: over {limit} bytes. Split it into several files.",
    ),
    "unpacks_too_large": (
        "文件解压后过大，疑似压缩炸弹，未予读取。",
        "The file grows too large when unpacked, like a zip bomb; it was not read.",
    ),
    "too_many_cells": (
        "工作簿的单元格过多（上限 {limit} 个）；请删去表格以外多余的行列，或分成几个文件。",
        "The workbook has too many cells (limit {limit}). Remove stray rows and columns, or split the file.",
    ),
    "encrypted": (
        "工作簿有打开密码。请在表格软件中取消密码后另存，再导入。",
        "The workbook is encrypted. Remove its password, save it again and import that.",
    ),
    "old_xls": (
        "这是旧格式（.xls）。请在表格软件中另存为 .xlsx 后导入。",
        "This is the old .xls format. Save it as .xlsx and import that.",
    ),
    "not_a_workbook": (
        "文件不是可读的台账：请用 .xlsx 工作簿或 .csv 文本。",
        "The file is not a ledger that can be read: use an .xlsx workbook or a .csv text.",
    ),
    "damaged": (
        "工作簿已损坏或不完整。请重新导出，或在表格软件中打开后另存。",
        "The workbook is damaged or cut off. Export it again, or open and save it in a spreadsheet program.",
    ),
    "unsafe": (
        "工作簿含有不允许的内容（外部实体或异常路径），未予读取。",
        "The workbook holds what is not allowed (a DTD or a strange path); it was not read.",
    ),
    "unknown_encoding": (
        "文本编码无法识别：请存为 UTF-8 或 GB18030。",
        "The text encoding is unknown: save the file as UTF-8 or GB18030.",
    ),
    "no_known_sheet": (
        "没有一个工作表能识别：请用台账模板中的表名或列名。",
        "No sheet is known: use the sheet names or the headings of the ledger template.",
    ),
    "one_sheet_only": (
        ".csv 文件只能放一个工作表的问题行，请改用 .xlsx。",
        "A .csv holds the refused rows of one sheet only; use .xlsx.",
    ),
    "missing_columns": (
        "工作表“{sheet}”（{table}）缺少必需的列：{columns}。",
        "Sheet “{sheet}” ({table}) lacks required columns: {columns}.",
    ),
}


def refused(why: str, **details: str | int) -> InvalidLedgerFileError:
    """This function will make the error for a reason; `reason` in its details is stable for machines."""
    zh, en = _SENTENCES[why]
    return InvalidLedgerFileError(zh=zh.format(**details), en=en.format(**details), reason=why, **details)
