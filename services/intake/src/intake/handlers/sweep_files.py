"""Files that no row speaks of."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from chassis.door import Tx
from intake.store import documents


async def find_unreferenced(tx: Tx, files: Mapping[str, Sequence[Path]]) -> list[Path]:
    """
    Return those files (by evidence id) that no evidence stands behind.

    Of files older than any upload can last, that is for ever: whoever wrote them has died between
    the file and the transaction.
    """
    known = await documents.those_known(tx, files.keys())
    unknown = (paths for evidence, paths in files.items() if evidence not in known)
    return [path for paths in unknown for path in paths]
