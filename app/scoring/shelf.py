"""All artefacts there are: those that ship, and others beside them that may speak or be watched."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from app.domain.errors import ArtefactError
from app.features.feature import Stage
from app.scoring.artifact import EFFECTS_FOLDER, MANIFEST, load
from app.scoring.pd_model import Estimator

_STAGES = frozenset(stage.value for stage in Stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Verified estimators: those that ship by their name, and all of them by their artefact's id.

    `folders` says where each lies, `broken` what is wrong with a folder that cannot be used: one of a stage's
    own name is a shipped artefact, which is missed only where it is needed.
    """

    shipped: Mapping[str, Estimator]
    by_id: Mapping[str, Estimator]
    folders: Mapping[str, str]
    broken: Mapping[str, ArtefactError]

    def ship(self, name: str) -> Estimator:
        """Give the estimator that ships under a name; raises ArtefactError for none or a damaged one."""
        if name in self.broken:
            raise self.broken[name]
        if name not in self.shipped:
            raise ArtefactError(
                zh=f"没有随附的 {name} 工件。", en=f"No artefact ships for the estimator {name}."
            )
        return self.shipped[name]

    @property
    def lost(self) -> Mapping[str, ArtefactError]:
        """What is wrong with artefacts that ship, by their estimator's name."""
        return {name: error for name, error in self.broken.items() if name in _STAGES}

    def get(self, artefact_id: str) -> Estimator:
        """Find an estimator by its id; raises ArtefactError that says what to do when it is not there."""
        found = self.by_id.get(artefact_id)
        if found is None:
            raise ArtefactError(
                zh=f"没有工件 {artefact_id}，或其文件已损坏；请放回原文件夹，或用 models rollback 退回。",
                en=f"The models folder has no artefact {artefact_id}, or it is damaged; put its folder back, "
                "or go back with `models rollback`.",
                artefact=artefact_id,
            )
        return found


def read_shelf(models_dir: Path) -> Shelf:
    """Load every artefact in a folder and in the folders of its folders, each checked like any other.

    The one in the folder of its estimator's own name ships. One that is damaged is told and left aside.
    """
    loaded: dict[str, Estimator] = {}
    broken: dict[str, ArtefactError] = {}
    for name, folder in _folders(models_dir):
        try:
            loaded[name] = load(folder)
        except ArtefactError as error:
            broken[name] = error
    shipped = {name: each for name, each in _shipped(loaded).items() if name not in broken}
    return Shelf(
        shipped=MappingProxyType(shipped),
        by_id=MappingProxyType({each.artefact_id: each for each in loaded.values()}),
        folders=MappingProxyType({each.artefact_id: name for name, each in reversed(loaded.items())}),
        broken=MappingProxyType(broken),
    )


def _folders(models_dir: Path) -> Iterator[tuple[str, Path]]:
    found = (*models_dir.glob(f"*/{MANIFEST}"), *models_dir.glob(f"*/*/{MANIFEST}"))
    for path in sorted(found):
        if path.parent.name != EFFECTS_FOLDER:
            yield path.parent.relative_to(models_dir).as_posix(), path.parent


def _shipped(loaded: Mapping[str, Estimator]) -> dict[str, Estimator]:
    """Take the one in the folder of its own name, else the first that lies at the top."""
    top = {name: each for name, each in loaded.items() if "/" not in name}
    first = {each.name: each for _, each in reversed(top.items())}
    return first | {name: each for name, each in top.items() if name == each.name}
