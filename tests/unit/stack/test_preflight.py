import os
from pathlib import Path

import pytest

from stack.broken import StackProblem
from stack.preflight import (
    check_java,
    check_ports,
    check_python,
    check_traversable,
    java_version,
    parse_java_version,
)


class TestCheckPython:
    def test_asks_for_a_newer_one(self) -> None:
        with pytest.raises(StackProblem, match=r"Python 3\.10 is too old: install Python 3\.11"):
            check_python((3, 10))

    @pytest.mark.parametrize("version", [(3, 11), (3, 14)])
    def test_takes_any_newer_one(self, version: tuple[int, int]) -> None:
        check_python(version)


class TestCheckJava:
    @pytest.mark.parametrize(
        ("version", "said"),
        [(None, "Java is missing: install Java 17"), (11, "Java 11 is too old: install Java 17")],
    )
    def test_says_what_to_install(self, version: int | None, said: str) -> None:
        with pytest.raises(StackProblem, match=said):
            check_java(version)

    @pytest.mark.parametrize("version", [17, 25])
    def test_takes_any_newer_one(self, version: int) -> None:
        check_java(version)


class TestCheckPorts:
    def test_names_those_in_use(self) -> None:
        with pytest.raises(StackProblem, match="Ports 8101, 8102 already in use: stop what"):
            check_ports([8101, 8102])

    def test_says_how_to_start_this_stack_elsewhere(self) -> None:
        with pytest.raises(StackProblem, match="`make up NAME=fresh PORT_BASE=20000`"):
            check_ports([8101], up="make up NAME=fresh")

    def test_is_content_when_all_are_free(self) -> None:
        check_ports([])


class TestCheckTraversable:
    def test_lets_the_database_into_its_folder(self, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)

        if os.geteuid() != 0:
            check_traversable(closed / "stack")
            return
        with pytest.raises(StackProblem, match="set SELLERWORKS_HOME"):
            check_traversable(closed / "stack")


class TestParseJavaVersion:
    @pytest.mark.parametrize(
        ("said", "version"),
        [
            ('openjdk version "17.0.15" 2025-04-15', 17),
            ('java version "1.8.0_202"', 8),
            ('openjdk version "25" 2025-09-16', 25),
            ("no such thing", None),
        ],
    )
    def test_reads_what_java_says(self, said: str, version: int | None) -> None:
        assert parse_java_version(said) == version


class TestJavaVersion:
    def test_is_none_where_there_is_no_java(self, tmp_path: Path) -> None:
        assert java_version(str(tmp_path / "java")) is None
