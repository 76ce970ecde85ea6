"""The simulator's assumptions: one YAML file, read strictly."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from app.domain.errors import InvalidValueError

_KEYS: Final = {"value", "unit", "reference"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One assumption: a value, its unit, the plausible range and where it comes from."""

    value: Any
    unit: str
    reference: str
    low: float | None = None
    high: float | None = None

    def at(self, sensitivity: str) -> float:
        """This function will give the value at low, central or high sensitivity."""
        return float({"low": self.low, "central": self.value, "high": self.high}[sensitivity])


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """All assumptions by name, with effects read at one sensitivity."""

    entries: Mapping[str, Assumption]
    sensitivity: str = "central"

    def number(self, name: str) -> float:
        """This function will give a number; KeyError for a name that the file does not have."""
        return float(self.entries[name].value)

    def whole(self, name: str) -> int:
        """This function will give a whole number."""
        return int(self.entries[name].value)

    def table(self, name: str) -> Any:  # noqa: ANN401
        """This function will give a value that is a list or mapping."""
        return self.entries[name].value

    def effect(self, name: str) -> float:
        """This function will give an action's effect at the chosen sensitivity."""
        return self.entries[name].at(self.sensitivity)


class _UniqueKeys(yaml.SafeLoader):
    """A loader that refuses a key said twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        """This function will build a mapping, refusing repeated keys."""
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise _broken(f"{sorted(map(str, twice))} twice, line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep=deep)


def _broken(what: str) -> InvalidValueError:
    return InvalidValueError(
        zh=f"模拟假设文件有误:{what}。", en=f"The simulation's assumptions are broken: {what}."
    )


def parse(text: str) -> Mapping[str, Assumption]:
    """This function will read assumptions; raises InvalidValueError that names the entry at fault."""
    raw = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader
    return {name: _entry(name, entry) for name, entry in raw.items()}


def _entry(name: str, entry: Any) -> Assumption:  # noqa: ANN401
    if not isinstance(entry, dict) or not set(entry) >= _KEYS or set(entry) - _KEYS - {"range"}:
        raise _broken(f"{name} wants value, unit, reference and range only")
    scalar = isinstance(entry["value"], int | float)
    if scalar != ("range" in entry):
        raise _broken(f"{name} wants a range exactly when its value is a number")
    low, high = entry.get("range", (None, None))
    if scalar and not low <= entry["value"] <= high:
        raise _broken(f"{name} lies outside its range")
    return Assumption(
        value=entry["value"], unit=str(entry["unit"]), reference=str(entry["reference"]), low=low, high=high
    )


@cache
def _shipped() -> Mapping[str, Assumption]:
    return parse((files("app.simulation") / "assumptions.yaml").read_text("utf-8"))


def assumptions(sensitivity: str = "central") -> Assumptions:
    """This function will load the shipped assumptions, with effects at the given sensitivity."""
    return Assumptions(entries=_shipped(), sensitivity=sensitivity)
