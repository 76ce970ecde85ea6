"""Reads a pack's folder into the schema, and lays a place's pack over the one it extends."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.domain.errors import PolicyError, UnknownPolicyError
from app.policy.pack import SECTIONS, Pack
from app.policy.reading import Key, Line, Place, Written, read_yaml

_ZH: Final[Mapping[str, str]] = {
    "missing": "缺少必填项",
    "extra_forbidden": "未知的键",
    "string_pattern_mismatch": "名称只能用小写字母、数字和下划线",
    "too_short": "至少要有一项",
    "enum": "取值不在允许的范围内",
    "literal_error": "取值不在允许的范围内",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A pack and the line of everything in it."""

    pack: Pack
    lines: Mapping[Place, Line]

    @property
    def own(self) -> frozenset[tuple[str, str]]:
        """This function will list the entries as written here: pairs of section and code."""
        return frozenset((section, code) for section in SECTIONS for code in getattr(self.pack, section))

    def line(self, *place: Key) -> Line:
        """This function will find the line of a place, or of the nearest thing around it."""
        return next(self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines)


def read_pack(folder: Path) -> Source:
    """This function will read all YAML files of a pack's folder; a file may hold one section or several.

    A file named after a section holds its entries; any other holds sections by name.
    """
    if not (folder / "pack.yaml").is_file():
        raise UnknownPolicyError(
            zh=f"“{folder.name}”不是政策包：缺少 pack.yaml", en=f"{folder.name!r} is no pack: no pack.yaml"
        )
    content: dict[str, object] = {}
    lines: dict[Place, Line] = {(): Line(folder / "pack.yaml", 1)}
    for file in sorted(folder.glob("*.yaml"), key=lambda f: (f.name != "pack.yaml", f.name)):
        _add(content, lines, file)
    return Source(_validated(content, lines), lines)


def _add(content: dict[str, object], lines: dict[Place, Line], file: Path) -> None:
    alone = file.stem in SECTIONS
    written = read_yaml(file, at=(file.stem,) if alone else ())
    parts = {file.stem: written.value} if alone else written.value
    if not isinstance(parts, dict):
        raise Line(file, 1).error(zh="文件应由“键: 值”组成", en="the file holds keys and values")
    for key, value in parts.items():
        _join(content, key, value, written)
    lines.update((place, line) for place, line in written.lines.items() if place)


def _join(content: dict[str, object], key: str, value: object, written: Written) -> None:
    before = content.setdefault(key, value)
    if before is value:
        return
    if key not in SECTIONS or not isinstance(before, dict) or not isinstance(value, dict):
        raise written.lines[(key,)].error(zh=f"键“{key}”重复", en=f"the key {key!r} stands twice")
    for twice in before.keys() & value.keys():
        line = written.lines[(key, twice)]
        raise line.error(
            zh=f"键“{twice}”在另一文件中已有", en=f"the key {twice!r} stands in another file too"
        )
    content[key] = {**before, **value}


def _validated(content: Mapping[str, object], lines: Mapping[Place, Line]) -> Pack:
    try:
        return Pack.model_validate(content)
    except ValidationError as error:
        raise invalid(error, lines) from error


def invalid(error: ValidationError, lines: Mapping[Place, Line], *, at: Place = ()) -> PolicyError:
    """This function will turn the first thing that the schema finds wrong into an error with its line.

    `at` is where the validated value stands in what `lines` tells of.
    """
    found = [(_line((*at, *e["loc"]), lines), e) for e in _innermost(error.errors(include_url=False))]
    line, first = min(found, key=lambda pair: (pair[0].file.name, pair[0].number))
    what = ".".join(str(key) for key in (*at, *first["loc"]))
    zh = first.get("ctx", {}).get("zh") or _ZH.get(first["type"], f"取值有误（{first['msg']}）")
    return line.error(zh=f"{what}：{zh}", en=f"{what}: {first['msg']}")


def _innermost(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out what is only wrong because something inside it is."""
    around = {e["loc"][:n] for e in errors for n in range(len(e["loc"]))}
    return [e for e in errors if e["loc"] not in around]


def _line(place: Place, lines: Mapping[Place, Line]) -> Line:
    return next(lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in lines)


def extend(parent: Source, own: Source) -> Source:
    """This function will lay a pack over its parent: an entry replaces the parent's of the same code."""
    merged = {s: {**getattr(parent.pack, s), **getattr(own.pack, s)} for s in SECTIONS}
    replaced = {(s, code) for s in SECTIONS for code in getattr(own.pack, s)}
    kept = {place: line for place, line in parent.lines.items() if place[:2] not in replaced}
    return Source(own.pack.model_copy(update=merged), {**kept, **own.lines})
