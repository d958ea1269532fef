"""The page of scenarios names every scenario, and no test that is not there."""

import ast
import re
from pathlib import Path

from scenario_filings import scenarios

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "reference" / "scenarios.md"
NAMED = re.compile(r"`(Test\w+)\.(test_\w+)`")


def rows() -> dict[str, str]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return {line.split("|")[1].strip(): line for line in lines if line.startswith("| E")}


def existing() -> set[tuple[str, str]]:
    return {
        (group.name, test.name)
        for path in TESTS.rglob("test_*.py")
        for group in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(group, ast.ClassDef)
        for test in group.body
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef)
    }


class TestThePageOfScenarios:
    def test_has_every_scenario(self) -> None:
        assert set(rows()) == {*scenarios(), "E30"}

    def test_names_for_each_a_test_that_exists(self) -> None:
        known = existing()

        for number, row in rows().items():
            named = NAMED.findall(row)
            assert named, f"{number} names no test"
            assert set(named) <= known, number

    def test_leaves_out_no_test_of_a_trap(self) -> None:
        named = {one for row in rows().values() for one in NAMED.findall(row)}

        traps = {one for one in existing() if re.fullmatch(r"TestE\d+", one[0])}
        assert traps <= named
