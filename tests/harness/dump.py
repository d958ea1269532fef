"""Everything the checker looks at, in one value that a folder can keep."""

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from harness import facts
from harness.history import Operation, read_operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """The facts of one run, collected at rest."""

    setting: facts.Setting = field(default_factory=facts.Setting)
    rest: facts.Rest = field(default_factory=lambda: facts.Rest(seconds=0.0))
    history: Sequence[Operation] = ()
    written: Sequence[facts.Written] = ()
    heads: Sequence[facts.Head] = ()
    records: Sequence[facts.Record] = ()
    foreign: Sequence[facts.Place] = ()
    cursors: Sequence[facts.Cursor] = ()
    parked: Sequence[facts.Parked] = ()
    quarantined: Sequence[facts.Quarantined] = ()
    views: Sequence[facts.View] = ()
    effects: Sequence[facts.Effect] = ()
    steps: Sequence[facts.Step] = ()
    leaves: Sequence[facts.Leaf] = ()
    gaps: Sequence[facts.Gap] = ()
    checkpoints: Sequence[facts.Checkpoint] = ()
    sightings: Sequence[facts.Sighting] = ()

    def save(self, folder: Path) -> None:
        """Write one file a sort of fact: gzipped JSON lines, each sorted as it is here."""
        folder.mkdir(parents=True, exist_ok=True)
        for one in fields(self):
            found = getattr(self, one.name)
            _write(folder / f"{one.name}.jsonl.gz", [found] if one.name in _ALONE else found)

    @classmethod
    def load(cls, folder: Path) -> "Dump":
        """
        Read what `save` has written.

        Raises:
            FileNotFoundError: A file is missing: the folder is not a whole dump.
        """
        read: dict[str, Any] = {}
        for one in fields(cls):
            rows = _read(folder / f"{one.name}.jsonl.gz")
            found = [_OF[one.name](**row) for row in rows]
            read[one.name] = found[0] if one.name in _ALONE else found
        return cls(**read)


def _operation(**written: Any) -> Operation:  # noqa: ANN401 - as JSON has it
    return read_operation(written)


_ALONE: Final = frozenset({"setting", "rest"})
_OF: Final[dict[str, Any]] = {
    "setting": facts.Setting,
    "rest": facts.Rest,
    "history": _operation,
    "written": facts.Written,
    "heads": facts.Head,
    "records": facts.Record,
    "foreign": facts.Place,
    "cursors": facts.Cursor,
    "parked": facts.Parked,
    "quarantined": facts.Quarantined,
    "views": facts.View,
    "effects": facts.Effect,
    "steps": facts.Step,
    "leaves": facts.Leaf,
    "gaps": facts.Gap,
    "checkpoints": facts.Checkpoint,
    "sightings": facts.Sighting,
}


def _write(path: Path, rows: Iterable[Any]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")


def _read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
