"""What must be there before a stack can start; each missing thing is one sentence."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from stack.blocks import busy_ports
from stack.broken import StackProblem
from stack.downloads import is_fetched
from stack.layout import Layout

OLDEST_PYTHON, OLDEST_JAVA = (3, 11), 17

_VERSION = re.compile(r'version "(?:1\.)?(\d+)')
_OTHERS_MAY_TRAVERSE = 0o001


def check_machine(layout: Layout, *, replicas: int = 1) -> None:
    """
    Look for everything a stack needs.

    Raises:
        StackProblem: Something is missing; says what to do.
    """
    check_python(sys.version_info[:2])
    check_java(java_version())
    if not is_fetched(layout.cache) and shutil.which("mvn") is None:
        raise StackProblem(
            "Maven is missing, and Apache Kafka must be fetched once:"
            " install Maven 3 (Debian: apt install maven)."
        )
    check_traversable(layout.folder)
    check_ports(busy_ports(layout.ports, replicas=replicas), up=layout.make("up"))


def check_python(version: tuple[int, ...]) -> None:
    if version < OLDEST_PYTHON:
        found, wanted = (".".join(map(str, one)) for one in (version, OLDEST_PYTHON))
        raise StackProblem(
            f"Python {found} is too old: install Python {wanted} or newer, delete .venv, and"
            " run `make` again."
        )


def check_java(version: int | None) -> None:
    if version is None:
        raise StackProblem(
            f"Java is missing: install Java {OLDEST_JAVA} or newer"
            " (Debian: apt install openjdk-17-jre-headless)."
        )
    if version < OLDEST_JAVA:
        raise StackProblem(
            f"Java {version} is too old: install Java {OLDEST_JAVA} or newer and put it first"
            " on PATH."
        )


def check_ports(busy: list[int], *, up: str = "make up") -> None:
    if busy:
        which = "Port " + str(busy[0]) if len(busy) == 1 else f"Ports {', '.join(map(str, busy))}"
        raise StackProblem(
            f"{which} already in use: stop what listens there, or start this stack elsewhere"
            f" with `{up} PORT_BASE=20000`."
        )


def check_traversable(folder: Path) -> None:
    """As root, PostgreSQL runs as `nobody`, who must be able to get to its folder."""
    if os.geteuid() != 0:
        return
    for parent in folder.parents:
        if parent.exists() and not parent.stat().st_mode & _OTHERS_MAY_TRAVERSE:
            raise StackProblem(
                f"Only root can enter {parent}, but PostgreSQL runs as `nobody`: set"
                " SELLERWORKS_HOME to a folder that everybody can traverse."
            )


def java_version(java: str = "java") -> int | None:
    """Ask Java for its major version; None when there is none."""
    try:
        said = subprocess.run(  # noqa: S603 - `java -version`
            [java, "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_java_version(said.stderr)


def parse_java_version(said: str) -> int | None:
    found = _VERSION.search(said)
    return int(found.group(1)) if found else None
