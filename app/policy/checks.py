"""What must hold between the entries of a pack, once it is merged with what it extends."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

from app.domain.ledger import FACT_TABLES
from app.policy.conditions import Bound, Condition
from app.policy.entries import Entry, InForce
from app.policy.figures import identity_value
from app.policy.merging import Source
from app.policy.pack import SECTIONS
from app.policy.reading import Line, Place
from app.policy.rules import Resolved, numbers, resolve
from app.policy.vocabulary import VOCABULARY

RATING_TOTAL: Final = "rating_total"
_TABLES: Final = frozenset(table.name for table in FACT_TABLES)


def check(source: Source, features: frozenset[str] | None) -> None:
    """This function will raise PolicyError, with file and line, for the first thing that does not fit."""
    _check_regimes(source)
    _check_tables(source)
    for place, entry in _entries(source):
        _check_features(source, place, entry, features)
        _check_parameters(source, place, entry)
    _check_parts_exist(source)
    _check_identities(source)
    for day in _days(source, "parts", "indicators", "grades"):
        _check_rating(source, day)
    for day in _days(source, "ladder"):
        _check_ladder(source, day)


def _entries(source: Source) -> Iterator[tuple[Place, Entry[Any]]]:
    for section in SECTIONS:
        for code, entry in getattr(source.pack, section).items():
            yield (section, code), entry


def _check_regimes(source: Source) -> None:
    if not source.pack.regimes:
        raise source.line().error(
            zh="没有写明适用时期（regimes）", en="it names no period in which it holds (regimes)"
        )


def _check_tables(source: Source) -> None:
    for code in source.pack.knowledge:
        if code not in _TABLES:
            raise source.line("knowledge", code).error(
                zh=f"台账中没有“{code}”表", en=f"the ledger has no table {code!r}"
            )


def _check_features(source: Source, place: Place, entry: Entry[Any], features: frozenset[str] | None) -> None:
    own = getattr(entry, "feature", None)
    read = [((*place, "feature"), frozenset({own}))] if own is not None else []
    for number, value in enumerate(entry.in_force):
        read += [((*place, "in_force", number), c.features()) for c in _parts(value, Condition)]
    for where, names in read:
        known = VOCABULARY.get(str(place[0]), features)
        unknown = sorted(names - known) if known is not None else []
        if unknown:
            raise source.line(*where).error(
                zh=f"未知的特征“{unknown[0]}”", en=f"there is no feature {unknown[0]!r}"
            )


def _check_parameters(source: Source, place: Place, entry: Entry[Any]) -> None:
    for number, value in enumerate(entry.in_force):
        for code in sorted(_looked_up(value)):
            parameter = source.pack.parameters.get(code)
            line = source.line(*place, "in_force", number)
            if parameter is None:
                raise line.error(zh=f"没有参数“{code}”", en=f"there is no parameter {code!r}")
            if not _covers(parameter, value):
                raise line.error(
                    zh=f"参数“{code}”未覆盖整个生效期",
                    en=f"the parameter {code!r} is not in force all the time that this value is",
                )


def _looked_up(value: InForce) -> frozenset[str]:
    found: Iterable[Condition | Bound] = [*_parts(value, Condition), *_parts(value, Bound)]
    return frozenset().union(*(part.parameters() for part in found))


def _parts(value: InForce, kind: type[Any]) -> Iterator[Any]:
    return (part for name in type(value).model_fields if isinstance(part := getattr(value, name), kind))


def _covers(parameter: Entry[Any], value: InForce) -> bool:
    first, last = parameter.in_force[0], parameter.in_force[-1]
    ends = last.to is None or (value.to is not None and value.to <= last.to)
    return first.from_ <= value.from_ and ends


def _days(source: Source, *sections: str) -> list[date]:
    """List the days on which any value of these sections begins or has ended."""
    values = [v for place, entry in _entries(source) if place[0] in sections for v in entry.in_force]
    ended = {value.to + timedelta(days=1) for value in values if value.to is not None}
    return sorted(ended | {value.from_ for value in values})


def _check_parts_exist(source: Source) -> None:
    for code, indicator in source.pack.indicators.items():
        if indicator.part not in source.pack.parts:
            raise source.line("indicators", code, "part").error(
                zh=f"没有评级部分“{indicator.part}”", en=f"there is no rating part {indicator.part!r}"
            )


def _check_identities(source: Source) -> None:
    for code, identity in source.pack.identities.items():
        for number, value in enumerate(identity.in_force):
            line = source.line("identities", code, "in_force", number)
            for figure in sorted({term for term in (*value.terms, value.equals) if isinstance(term, str)}):
                _check_figure(source, line, figure, value)
    for day in _days(source, "figures", "identities"):
        _check_arithmetic(source, day)


def _check_figure(source: Source, line: Line, code: str, value: InForce) -> None:
    figure = source.pack.figures.get(code)
    if figure is None:
        raise line.error(zh=f"没有数字“{code}”", en=f"there is no figure {code!r}")
    if not _covers(figure, value):
        raise line.error(
            zh=f"数字“{code}”未覆盖整个生效期",
            en=f"the figure {code!r} is not in force all the time that this value is",
        )


def _check_arithmetic(source: Source, day: date) -> None:
    now = resolve(source.pack, day)
    figures = {figure.code: figure for figure in now["figures"]}
    for identity in now["identities"]:
        number = identity.entry.in_force.index(identity.now)
        line = source.line("identities", identity.code, "in_force", number, "holds")
        try:
            found = identity_value(identity, figures)
        except ArithmeticError as error:
            raise line.error(zh="除数为零", en="it divides by zero") from error
        if found.holds is not identity.now.holds:
            raise line.error(
                zh=f"计算得 {found.computed:f}，文件写作 {found.printed:f}，与 holds 不符",
                en=f"the figures give {found.computed:f}, {found.printed:f} is printed: `holds` is wrong",
            )


def _check_rating(source: Source, day: date) -> None:
    now = resolve(source.pack, day)
    for part in now["parts"]:
        best = sum(i.now.best for i in now["indicators"] if i.entry.part == part.code)
        _check_sum(source, ("parts", part.code), found=best, wanted=part.now.points, day=day)
    total = numbers(now["parameters"]).get(RATING_TOTAL)
    if now["parts"]:
        if total is None:
            raise source.line("parts").error(
                zh=f"评级缺少参数“{RATING_TOTAL}”", en=f"a rating wants the parameter {RATING_TOTAL!r}"
            )
        _check_sum(source, ("parts",), found=sum(p.now.points for p in now["parts"]), wanted=total, day=day)
    _check_grades(source, now["grades"])


def _check_sum(source: Source, place: Place, *, found: int, wanted: float, day: date) -> None:
    if found != wanted:
        raise source.line(*place).error(
            zh=f"{day} 起各项最高分合计 {found}，应为 {wanted}",
            en=f"from {day} the best points add up to {found}, not to {wanted}",
        )


def _check_grades(source: Source, grades: Iterable[Resolved[Any, Any]]) -> None:
    ordered = sorted(grades, key=lambda grade: int(grade.now.at_least))
    for lower, higher in pairwise(ordered):
        if lower.now.at_least == higher.now.at_least or lower.now.limit > higher.now.limit:
            raise source.line("grades", higher.code).error(
                zh=f"等级 {higher.code} 的起分和额度应高于等级 {lower.code}",
                en=f"grade {higher.code} wants more points and no lower limit than grade {lower.code}",
            )


def _check_ladder(source: Source, day: date) -> None:
    steps = sorted(resolve(source.pack, day)["ladder"], key=lambda step: int(step.now.years_on_time))
    for lower, higher in pairwise(steps):
        if lower.now.years_on_time == higher.now.years_on_time or lower.now.limit >= higher.now.limit:
            raise source.line("ladder", higher.code).error(
                zh=f"台阶 {higher.code} 的年数和额度应高于台阶 {lower.code}",
                en=f"step {higher.code} wants more years and a higher limit than step {lower.code}",
            )
