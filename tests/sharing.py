"""Which tests one process runs, one by one: those that share a stack."""

from typing import Final

from typing_extensions import override
from xdist.scheduler import LoadScopeScheduling

_PACKAGES: Final = ("tests/journeys/", "tests/failures/")
_MODULES: Final = "tests/integration/stack/"
# They lie there, and make what they need for themselves.
_APART: Final = ("tests/journeys/test_split_roles.py", "tests/failures/mutants/")


class Sharing(LoadScopeScheduling):  # type: ignore[misc] # of an untyped library
    """
    Hands each package or module that shares something to one process, all else test by test.

    What `--dist loadgroup` is for; with pytest 9.2 it groups nothing (pytest-xdist, issue 1386).
    """

    @override
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith(_APART):
            return nodeid
        if file.startswith(_MODULES):
            return file
        return next((package for package in _PACKAGES if file.startswith(package)), nodeid)
