"""Print which requirements are shown by which tests: `requirements.py [--missing] [--check]`."""

import argparse
import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
KNOWN = ROOT / "docs" / "reference" / "requirements.yaml"
TESTS = ROOT / "tests"
_WIDTH = 78


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missing", action="store_true", help="also list what no test shows")
    parser.add_argument("--check", action="store_true", help="fail on a number that is none")
    asked = parser.parse_args()
    known = yaml.safe_load(KNOWN.read_text(encoding="utf-8"))
    shown = shown_by("covers")
    unknown = sorted(set(shown) - set(known))
    for number in unknown:
        print(f"{number} is no requirement, but {shown[number][0]} says it shows it")
    if not asked.check:
        _print(known, shown, missing=asked.missing)
    return 1 if unknown else 0


def shown_by(mark: str) -> dict[str, list[str]]:
    """Map each number that `@pytest.mark.<mark>` names to the tests that bear it."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for number, test in _marks(path, mark):
            found.setdefault(number, []).append(test)
    return found


def _marks(path: Path, mark: str) -> Iterator[tuple[str, str]]:
    """Yield (number, test) for each such mark on a test, its class or its module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    where = str(path.relative_to(ROOT))
    of_module = [
        number
        for node in tree.body
        if isinstance(node, ast.Assign) and _assigns_marks(node)
        for number in _numbers(node.value, mark)
    ]
    if of_module:
        yield from ((number, where) for number in of_module)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                yield from (
                    (number, f"{where}::{node.name}") for number in _numbers(decorator, mark)
                )


def _assigns_marks(node: ast.Assign) -> bool:
    return any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _numbers(node: ast.expr, mark: str) -> Iterator[str]:
    for call in ast.walk(node):
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == mark
        ):
            yield from (str(a.value) for a in call.args if isinstance(a, ast.Constant))


def _print(known: dict[str, dict[str, str]], shown: dict[str, list[str]], *, missing: bool) -> None:
    for number, requirement in known.items():
        tests = shown.get(number, [])
        if not tests and not missing:
            continue
        print(f"{number:6} {requirement['kind']}  {_short(requirement['text'])}")
        for test in tests or ["(not shown yet)"]:
            print(f"          {test}")
    count = sum(1 for number in known if number in shown)
    print(f"\n{count} of {len(known)} requirements are shown by a test.")


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


if __name__ == "__main__":
    sys.exit(main())
