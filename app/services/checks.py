"""What facts of a request must not say of each other: days out of order, the future, doubles."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

from app.domain.ledger import Table
from app.services.findings import Finding, InvalidFactsError
from app.services.inline import Placed

# By table, pairs of days: the first may not lie before the second.
_ORDER: Final[Mapping[str, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        "household_members": (("left_on", "joined_on"), ("joined_on", "born_on")),
        "insurance": (("ends_on", "starts_on"), ("paid_out_on", "starts_on")),
        "credit_marks": (("cleared_on", "marked_on"),),
        "guarantee_groups": (("left_on", "joined_on"),),
        "credit_lines": (("expires_on", "granted_on"),),
        "loans": (("matures_on", "disbursed_on"),),
        "dispositions": (("new_matures_on", "decided_on"),),
    }
)


def check(placed: Sequence[Placed], *, as_of: date) -> None:
    """This function will raise InvalidFactsError that lists every contradiction by its JSON path."""
    found = [finding for fact in placed for finding in _of_one(fact, as_of)]
    found.extend(_doubles(placed))
    if found:
        raise InvalidFactsError(found)


def _of_one(fact: Placed, as_of: date) -> Iterator[Finding]:
    for later, earlier in _ORDER.get(fact.table.name, ()):
        last, first = fact.row.get(later), fact.row.get(earlier)
        if last is not None and first is not None and last < first:
            yield _out_of_order(fact, later, earlier)
    happened, known = fact.row[fact.table.happened], fact.row.get("known_on")
    if fact.table.subject == "loan_id" and happened < fact.outer["disbursed_on"]:
        yield _before_the_loan(fact)
    if not fact.table.forward and happened > as_of:
        yield _future(fact, as_of)
    if not fact.table.forward and known is not None and known < happened:
        yield _out_of_order(fact, "known_on", fact.table.happened)


def _out_of_order(fact: Placed, later: str, earlier: str) -> Finding:
    zh = f"{_label(fact.table, later)}不得早于{_label(fact.table, earlier)}。"
    en = f"{later} must not lie before {earlier}."
    return Finding(path=f"{fact.path}.{later}", code="out_of_order", zh=zh, en=en)


def _before_the_loan(fact: Placed) -> Finding:
    column = fact.table.happened
    zh = f"{_label(fact.table, column)}早于放款日期。"
    en = f"{column} lies before the loan's disbursed_on."
    return Finding(path=f"{fact.path}.{column}", code="out_of_order", zh=zh, en=en)


def _future(fact: Placed, as_of: date) -> Finding:
    column = fact.table.happened
    zh = f"{_label(fact.table, column)}晚于基准日 {as_of}：不得使用未来的事实。"
    en = f"{column} lies after the as_of date {as_of}: facts of the future cannot be used."
    return Finding(path=f"{fact.path}.{column}", code="in_the_future", zh=zh, en=en)


def _doubles(placed: Sequence[Placed]) -> Iterator[Finding]:
    seen: set[tuple[object, ...]] = set()
    for fact in placed:
        key = (fact.table.name, *(fact.row.get(name) for name in fact.table.key))
        if key in seen:
            yield _double(fact)
        seen.add(key)


def _double(fact: Placed) -> Finding:
    labels = "、".join(_label(fact.table, name) for name in fact.table.key)
    zh = f"“{fact.table.zh}”中同一{labels}出现了两次且不是同一份资料。"
    en = f"The same {', '.join(fact.table.key)} stands in {fact.table.name} twice."
    return Finding(path=fact.path, code="given_twice", zh=zh, en=en)


def _label(table: Table, name: str) -> str:
    return "知悉日期" if name == "known_on" else table.column(name).zh
