"""Reads YAML so that every value keeps its file and line; the same key twice is an error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from app.domain.errors import PolicyError

Key = str | int
Place = tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Where something is written."""

    file: Path
    number: int

    def error(self, *, zh: str, en: str) -> PolicyError:
        """This function will make a policy error that names this file and line."""
        where = f"{self.file.parent.name}/{self.file.name}"
        return PolicyError(
            zh=f"政策包文件 {where} 第 {self.number} 行：{zh}",
            en=f"{where}, line {self.number}: {en}",
            file=where,
            line=self.number,
        )


@dataclass(frozen=True, slots=True)
class Written:
    """A value as written, and the line of each part of it by its place."""

    value: object
    lines: Mapping[Place, Line]


@dataclass(slots=True)
class _Reader:
    file: Path
    scalars: yaml.SafeLoader = field(default_factory=lambda: yaml.SafeLoader(""))
    lines: dict[Place, Line] = field(default_factory=dict)

    def read(self, node: yaml.Node, place: Place) -> object:
        self.lines.setdefault(place, self._line(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*place, number)) for number, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in mapping:
                raise self._line(key_node).error(zh=f"键“{key}”重复", en=f"the key {key!r} stands twice")
            self.lines[(*place, key)] = self._line(key_node)
            mapping[key] = self.read(value_node, (*place, key))
        return mapping

    def _key(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        raise self._line(node).error(zh="键必须是文字", en="a key is plain text")

    def _scalar(self, node: yaml.Node) -> object:
        try:
            return self.scalars.construct_object(node)
        except (ValueError, yaml.YAMLError) as error:
            raise self._line(node).error(
                zh=f"无法读取“{node.value}”", en=f"cannot read {node.value!r}"
            ) from error

    def _line(self, node: yaml.Node) -> Line:
        return Line(self.file, node.start_mark.line + 1)


def read_yaml(file: Path, *, at: Place = ()) -> Written:
    """This function will read one YAML file, each part of it placed under `at`.

    Raises PolicyError, which names file and line, for what is not YAML or has a key twice.
    """
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = Line(file, mark.line + 1 if mark else 1)
        raise line.error(zh="不是有效的 YAML", en=f"this is not YAML: {error.problem}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Line(file, 1).error(zh="文件无法读取", en="the file cannot be read as UTF-8 text") from error
    reader = _Reader(file)
    value = reader.read(node, at) if node is not None else {}
    return Written(value, {at: Line(file, 1), **reader.lines})
