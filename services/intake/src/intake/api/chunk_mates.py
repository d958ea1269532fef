"""Cases of one chunk of a batch see each other, though none of them is on file yet."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from intake.domain.filing import FileCase, NoteContact, SellerOnFile
from intake.domain.incidents import Marked
from intake.store.sellers import MOST_ALIKE, Sight, Told, Windows


@dataclass(frozen=True, slots=True)
class Mates:
    """The new cases of a chunk that come before one, in the order in which they are filed."""

    before: tuple[FileCase, ...] = ()

    def joined_by(self, ready: FileCase | NoteContact) -> "Mates":
        """Let those that follow see a new case; what is said about an old one they see anyway."""
        return Mates((*self.before, ready)) if isinstance(ready, FileCase) else self

    def seen(self, sight: Sight, told: Told, windows: Windows) -> Sight:
        """Add to what a filing found on file what its mates will be: the newest of all."""
        alike = tuple(one.case for one in self._alike(sight.seller, told))
        return replace(
            sight,
            alike=(*reversed(alike), *sight.alike)[:MOST_ALIKE],
            incidents=(*sight.incidents, *self._incidents(windows)),
        )

    def _alike(self, seller: SellerOnFile | None, told: Told) -> Iterator[FileCase]:
        for one in self.before:
            same_seller = seller is not None and one.opened.seller.id == seller.seller
            same_trouble = told.likeness is not None and one.likeness == told.likeness
            if same_seller and same_trouble and one.subject_tag != told.subject:
                yield one

    def _incidents(self, windows: Windows) -> Iterator[Marked]:
        for one in self.before:
            if one.declares is not None and one.opened.issue_type == windows.issue_type:
                yield Marked(case=one.case, marks=one.marks or {})


ALONE: Final = Mates()
"""What is filed by itself has none."""
