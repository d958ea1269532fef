"""Fail when documentation points nowhere, or a service does not say what it is."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_TARGET = re.compile(r"`make ([a-z][a-z-]*)")
_OUTSIDE = ("http://", "https://", "mailto:")


def main() -> int:
    complaints = [*_broken_links(), *_unknown_targets(), *_silent_services(), *_unnumbered_adrs()]
    for complaint in complaints:
        print(complaint)
    print(f"{len(list(_pages()))} pages, {len(complaints)} complaints")
    return 1 if complaints else 0


def _pages() -> Iterator[Path]:
    for page in sorted(ROOT.rglob("*.md")):
        parts = page.relative_to(ROOT).parts
        if not any(part.startswith(".") for part in parts) and "templates" not in parts:
            yield page


def _broken_links() -> Iterator[str]:
    for page in _pages():
        for target in _LINK.findall(page.read_text(encoding="utf-8")):
            if not target.startswith(_OUTSIDE) and not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)}: {target} is not there"


def _unknown_targets() -> Iterator[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z][a-z-]*):", makefile, flags=re.MULTILINE))
    for page in _pages():
        for target in _TARGET.findall(page.read_text(encoding="utf-8")):
            if target not in known:
                yield f"{page.relative_to(ROOT)}: there is no `make {target}`"


def _silent_services() -> Iterator[str]:
    for project in sorted(ROOT.glob("services/*/pyproject.toml")):
        readme = project.parent / "README.md"
        text = readme.read_text(encoding="utf-8") if readme.exists() else ""
        for word in ("| Asked by |", "| Owns |", "| Says |", "| Hears |"):
            if word not in text:
                yield f"{readme.relative_to(ROOT)}: the row {word} is missing"


def _unnumbered_adrs() -> Iterator[str]:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "adr").glob("*.md"))]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"docs/adr: numbers are {numbers}"


if __name__ == "__main__":
    sys.exit(main())
