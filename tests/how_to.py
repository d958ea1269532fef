"""A page followed to the letter: its commands are run, its edits made, its answers sought."""

import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

from playbook.cli import main

ROOT = Path(__file__).parents[1]
COPY = "/tmp/mine"  # noqa: S108 - what the pages call the copy; a test puts its own there
_BLOCK = re.compile(r"^( *)```(sh|text|diff|yaml)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\S+)\n")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced part of a page: `sh` to type, `text` to expect, `diff` and `yaml` to write."""

    kind: str
    text: str


def blocks(page: Path) -> list[Block]:
    found = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(one[2], dedent(one[3])) for one in found]


@dataclass(slots=True, kw_only=True)
class Reader:
    """Somebody who does what the page says, in a folder of their own instead of /tmp/mine."""

    folder: Path
    missed: list[str] = field(default_factory=list)
    """What the page says would be answered, and was not; or a command that failed untold."""

    def follow(self, page: Path) -> None:
        told, steps = None, [*blocks(page), Block("end", "")]
        for block, after in pairwise(steps):
            match block.kind:
                case "sh":
                    told, codes = self._type(block.text)
                    if any(codes) and after.kind != "text":
                        self.missed.append(f"{block.text} failed: {told}")
                case "text":
                    lines = block.text.strip().splitlines()
                    self.missed += [line for line in lines if line.strip() not in (told or "")]
                case "diff":
                    self._edit(block.text)
                case _:
                    self._write(block.text)

    def _type(self, commands: str) -> tuple[str, list[int]]:
        answers = [self._run(shlex.split(line)) for line in commands.strip().splitlines()]
        return "\n".join(told for told, _ in answers), [code for _, code in answers]

    def _run(self, words: list[str]) -> tuple[str, int]:
        here = [str(self._place(word)) if "/" in word else word for word in words[1:]]
        if words[:2] == ["cp", "-r"]:
            shutil.copytree(here[1], here[2])
            return "", 0
        assert words[0] == ".venv/bin/playbook", words
        heard, code = StringIO(), 0
        with redirect_stdout(heard), redirect_stderr(heard):
            try:
                main(here)
            except SystemExit as end:
                code = int(end.code or 0)
        return heard.getvalue().replace(str(self.folder), COPY), code

    def _place(self, word: str) -> Path:
        return Path(word.replace(COPY, str(self.folder))) if COPY in word else ROOT / word

    def _edit(self, text: str) -> None:
        name, *lines = text.splitlines()
        file = self._place(name.removeprefix("--- "))
        old, new = _lines(lines, "-"), _lines(lines, "+")
        was = file.read_text(encoding="utf-8")
        assert was.count(old) == 1, f"{name}: {old!r} stands there {was.count(old)} times"
        file.write_text(was.replace(old, new), encoding="utf-8")

    def _write(self, text: str) -> None:
        name = _FILE.match(text)
        if name:  # a block without a file's name only shows something
            self._place(name[1]).write_text(text[name.end() :], encoding="utf-8")


def _lines(lines: list[str], kept: str) -> str:
    return "\n".join(_chosen(lines, kept))


def _chosen(lines: list[str], kept: str) -> Iterator[str]:
    for line in lines:
        if line[:1] in {" ", kept}:
            yield line[1:]
