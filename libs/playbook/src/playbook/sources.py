"""Which file each part of a playbook came from."""

from dataclasses import dataclass, field

from playbook.documents import Document


@dataclass(slots=True)
class Sources:
    """The documents by file, and the files of each part in the order of its items."""

    documents: dict[str, Document] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)

    def add(self, part: str, document: Document) -> None:
        self.documents[document.file] = document
        self.files.setdefault(part, []).append(document.file)

    def file(self, part: str, index: int = 0) -> str:
        return self.files[part][index]
