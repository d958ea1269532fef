"""Files that no row speaks of."""

from collections.abc import Mapping
from pathlib import Path

from chassis.door import Tx
from intake.store import documents


async def find_unreferenced(tx: Tx, files: Mapping[str, Path]) -> list[Path]:
    """
    Return those files (evidence id → path) that no evidence stands behind.

    Of files older than any upload can last, that is for ever: whoever wrote them has died between
    the file and the transaction.
    """
    known = await documents.those_known(tx, files.keys())
    return [path for evidence, path in files.items() if evidence not in known]
