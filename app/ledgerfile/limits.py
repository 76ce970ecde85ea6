"""How large a ledger file may be; the deployment's settings supply the numbers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """Bounds that a file must keep before it is parsed; the defaults suit a server with 2 GiB.

    `file_bytes` and `unpacked_bytes` are bytes, `ratio` is unpacked to packed bytes, `entries` are
    parts of the archive, `cells` are rows times columns of all sheets, `columns` those of one sheet,
    `text_bytes` what all shared texts would take when every cell holds its own copy.
    """

    file_bytes: int = 200_000_000
    unpacked_bytes: int = 400_000_000
    ratio: int = 200
    entries: int = 2_000
    cells: int = 30_000_000
    columns: int = 256
    text_bytes: int = 1_000_000_000
