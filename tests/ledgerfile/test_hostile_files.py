import io
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.domain.errors import InvalidLedgerFileError
from app.ledgerfile.limits import FileLimits
from app.ledgerfile.reading import read_ledger
from tests.ledgerfile import books

SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OLE2 = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)


def reason(content: bytes, name: str = "台账.xlsx", limits: FileLimits = books.LIMITS) -> object:
    with pytest.raises(InvalidLedgerFileError) as error:
        read_ledger(content, filename_hint=name, limits=limits)
    return error.value.details["reason"]


def ledger() -> bytes:
    return books.workbook(books.county())


def rebuilt(change: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    """Pack the ledger again with changed parts and more of them."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(ledger())) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, content in more.items():
            new.writestr(name, content)
    return stream.getvalue()


def same(_: str, content: bytes) -> bytes:
    return content


def with_rows(rows: bytes) -> bytes:
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>'.encode() + rows + b"</sheetData></worksheet>"
    return rebuilt(lambda name, content: sheet if name == SHEET else content)


def bomb(unpacked: int) -> bytes:
    """A workbook whose first sheet has `unpacked` bytes of rows, made without ever holding them."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
        zipfile.ZipFile(io.BytesIO(ledger())) as old,
    ):
        for name in old.namelist():
            if name != SHEET:
                new.writestr(name, old.read(name))
        with new.open(SHEET, "w", force_zip64=False) as part:
            for _ in range(unpacked >> 20):
                part.write(b'<row r="1"></row>' * ((1 << 20) // 17))
    return stream.getvalue()


def test_an_empty_file_is_refused() -> None:
    assert reason(b"") == "empty"


def test_a_file_above_the_limit_is_refused_unread() -> None:
    assert reason(ledger(), limits=replace(books.LIMITS, file_bytes=100)) == "too_large"


def test_an_encrypted_workbook_is_named_as_such() -> None:
    assert reason(OLE2 + bytes(1500) + "EncryptedPackage".encode("utf-16-le") + bytes(2000)) == "encrypted"


def test_an_old_workbook_is_named_as_such() -> None:
    assert reason(OLE2 + bytes(4000) + "Workbook".encode("utf-16-le"), "台账.xls") == "old_xls"


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n\x00\x01",
        b"\x89PNG\r\n\x1a\n\x00",
        b"<html><table><tr><td>1</td></tr></table>",
        bytes(2000),
    ],
)
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    assert reason(content) == "not_a_workbook"


def test_bytes_in_no_known_encoding_are_refused() -> None:
    assert reason(b"\xff\xff\xff,\x80\n", "a.csv") == "unknown_encoding"


def test_another_kind_of_archive_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")

    assert reason(stream.getvalue()) == "not_a_workbook"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_workbook_that_is_cut_off_is_refused(share: float) -> None:
    content = ledger()

    assert reason(content[: int(len(content) * share)]) == "damaged"


@pytest.mark.parametrize("step", [97, 101])
def test_a_workbook_with_altered_bytes_breaks_in_no_other_way(step: int) -> None:
    content = ledger()
    refusals = 0
    for place in range(30, len(content), step):
        altered = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        try:
            read_ledger(altered, filename_hint="台账.xlsx", limits=books.LIMITS)
        except InvalidLedgerFileError:
            refusals += 1

    assert refusals > 10


def test_a_part_that_is_no_xml_is_refused() -> None:
    assert reason(rebuilt(lambda name, content: b"<a" if name == "xl/workbook.xml" else content)) == "damaged"


def test_a_zip_bomb_is_refused_in_bounded_memory() -> None:
    content = bomb(450 << 20)
    tracemalloc.start()

    why = reason(content)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert why == "unpacks_too_large"
    assert peak < 64 << 20


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
        zipfile.ZipFile(io.BytesIO(ledger())) as old,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name) + b" " * (30 << 20) * (name == SHEET))
        new.getinfo(SHEET).file_size = 1000

    assert reason(stream.getvalue()) in {"damaged", "unpacks_too_large"}


@pytest.mark.parametrize(
    "markup",
    [b'<!DOCTYPE a [<!ENTITY b "b">]>', b"<!doctype a>", b'<!ENTITY % b SYSTEM "file:///etc/hostname">'],
)
@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_a_part_with_a_document_type_is_refused(part: str, markup: bytes) -> None:
    assert reason(rebuilt(lambda name, content: markup + content if name == part else content)) == "unsafe"


def test_a_document_type_across_two_pieces_is_found() -> None:
    filling = b" " * ((1 << 20) - 4)

    assert reason(rebuilt(same, **{"xl/extra.xml": filling + b"<!DOCTYPE a>"})) == "unsafe"


@pytest.mark.parametrize(
    "name", ["../evil.xml", "/etc/evil.xml", "xl\\..\\..\\evil.xml", "C:evil.xml", "XL/WORKBOOK.XML"]
)
def test_a_strange_path_is_refused(name: str) -> None:
    assert reason(rebuilt(same, **{name: b"<a/>"})) == "unsafe"


def test_an_archive_of_endless_parts_is_refused() -> None:
    many = {f"xl/part{i}.xml": b"" for i in range(50)}

    assert reason(rebuilt(same, **many), limits=replace(books.LIMITS, entries=40)) == "unpacks_too_large"


def test_an_endless_directory_is_refused_before_it_is_read() -> None:
    content = rebuilt(same, **{f"xl/{'p' * 200}{i}.xml": b"" for i in range(100)})

    assert reason(content, limits=replace(books.LIMITS, entries=10)) == "unpacks_too_large"


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b"<row><c r = 'A1'><v>1</v></c><c r = 'XFD1048576'><v>1</v></c></row>",
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="9999999"><c><v>1</v></c></row>' + b"<row/>" * 9,
        b"<row>" + b"<c><v>1</v></c>" * 20_000 + b"</row>",
    ],
)
def test_cells_far_apart_do_not_make_a_large_grid(rows: bytes) -> None:
    assert reason(with_rows(rows), limits=replace(books.LIMITS, cells=1_000_000)) == "too_many_cells"


def test_one_long_text_named_by_many_cells_is_refused() -> None:
    texts = f'<sst xmlns="{MAIN}"><si><t>a</t></si><si><t>{"b" * 30_000}</t></si></sst>'.encode()
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>1</v></c></row>' % (i, i) for i in range(1, 2_001))
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>'.encode() + rows + b"</sheetData></worksheet>"
    content = rebuilt(lambda name, old: sheet if name == SHEET else old, **{"xl/SharedStrings.xml": texts})

    assert reason(content, limits=replace(books.LIMITS, text_bytes=50_000_000)) == "unpacks_too_large"


def test_long_texts_named_seldom_are_no_danger() -> None:
    content = books.workbook(
        {**books.county(), "说明": [("模拟" * 5_000,), *(("短",) for _ in range(2_000))]}
    )

    assert read_ledger(content, filename_hint="", limits=replace(books.LIMITS, text_bytes=1_000_000))


def test_no_error_repeats_what_the_file_holds() -> None:
    number = books.id_number(1)
    content = books.workbook({"还款计划": [("贷款编号", "应还日期"), (number, "2025-06-21")]})

    with pytest.raises(InvalidLedgerFileError) as error:
        read_ledger(content, filename_hint=f"{number}.xlsx", limits=books.LIMITS)

    assert number not in f"{error.value} {error.value.problem} {error.value.details}"


def test_a_stream_with_a_broken_checksum_is_refused() -> None:
    content = bytearray(ledger())
    content[content.index(b"PK\x01\x02") + 16] ^= 0xFF

    assert reason(bytes(content)) == "damaged"
