"""How fast a playbook decides: a wide table beside other engines, simulation, loading."""

import importlib
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

from figures import say, table
from pydantic import JsonValue

from playbook.columns import Column
from playbook.examples import ExampleCase
from playbook.facts import read_date
from playbook.load import load_playbook
from playbook.model import Playbook
from playbook.simulate import simulate
from playbook.tables import Row, Table, compile_rows

ROWS: Final = 60
COLUMNS: Final = 8
_CODES: Final = ("a", "b", "c", "d", "e")
_GOALS: Final = {"playbook, the row": 2.0, "playbook, explained": 15.0}
_MICRO: Final = 1e6
_CORE: Final = Path(__file__).parents[1] / "playbooks" / "marketplace-core"

_Words = Mapping[str, str]
_Seen = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Engine:
    """Who is asked. `ready` makes a case what it takes; only `ask` is timed."""

    ready: Callable[[_Words], Any]
    ask: Callable[[Any], object]


def compare(*, quick: bool) -> None:
    """Ask every engine the same questions of the same table in turn, and print medians."""
    rounds = 3 if quick else 9
    rows, cases = _rows(), _cases(200 if quick else 1000)
    say(f"\nA route through {ROWS} rows x {COLUMNS} columns of codes, one process, per decision:")
    asked = {
        "playbook, the row": _ask_row(rows),
        "playbook, explained": _ask_explained(rows),
        **_others(rows),
    }
    ready = {name: [one.ready(case) for case in cases] for name, one in asked.items()}
    _agree(asked, ready)
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, one in asked.items():
            taken[name].append(_per_case(one.ask, ready[name]))
    ceiling = median(taken["playbook, the row"])
    table(
        ("engine", "µs", "times the row", "goal, µs"),
        [
            (name, median(each), median(each) / ceiling, _GOALS.get(name, "-"))
            for name, each in taken.items()
        ],
    )
    _whole(rounds)


def _whole(rounds: int) -> None:
    playbook = load_playbook(_CORE)
    many = list(_filed(playbook, 3000))
    lint = (sys.executable, "-m", "playbook", "lint", str(_CORE))
    lint_taken, load_taken, rates = [], [], []
    for _ in range(rounds):
        lint_taken.append(_cpu_of(lint))
        load_taken.append(float(_printed(_LOAD)))
        began = time.process_time()
        simulate(playbook, many)
        rates.append(len(many) / (time.process_time() - began))
    say(f"\n{playbook.pin}, seconds of CPU; each time in a new process, where nothing is known:")
    table(
        ("what", "median", "goal"),
        [
            ("load and check, s", median(load_taken), 0.7),
            ("`playbook lint`, whole, s", median(lint_taken), 2.0),
            ("simulated cases/s", median(rates), 20_000.0),
        ],
    )


_LOAD: Final = f"""
import time
from pathlib import Path
from playbook.load import load_playbook
began = time.process_time()
load_playbook(Path({str(_CORE)!r}))
print(time.process_time() - began)
"""


def _printed(program: str) -> str:
    asked = (sys.executable, "-c", program)
    done = subprocess.run(asked, check=True, capture_output=True, text=True)  # noqa: S603 - our own program
    return done.stdout


def _cpu_of(command: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _filed(playbook: Playbook, count: int) -> Iterator[ExampleCase]:
    """Golden cases over and over, each with numbers, amounts and an hour of its own."""
    examples = playbook.examples
    for at in range(count):
        case = examples[at % len(examples)].case
        facts = {name: _own(value, at) for name, value in case.facts.items()}
        opened_at = case.opened_at + timedelta(minutes=7 * at)
        yield case.model_copy(update={"facts": facts, "opened_at": opened_at})


def _own(value: JsonValue, at: int) -> JsonValue:
    if isinstance(value, dict) and isinstance(minor := value.get("amount_minor"), int):
        return {**value, "amount_minor": minor * (50 + at % 101) // 100 + at}
    is_number = isinstance(value, str) and any(sign.isdigit() for sign in value)
    return f"{value}-{at}" if is_number and read_date(value) is None else value


def _rows() -> list[Row]:
    """Rows that ask for two to five of the columns; the last asks for nothing."""
    dice = random.Random(8)
    rows = []
    for at in range(ROWS - 1):
        names = dice.sample([f"c{n}" for n in range(COLUMNS)], dice.randint(2, 5))
        cells = {name: " | ".join(dice.sample(_CODES, dice.randint(1, 2))) for name in names}
        rows.append(Row(rule=f"r{at}", when=cells))
    return [*rows, Row(rule=f"r{ROWS - 1}")]


def _cases(count: int) -> list[_Words]:
    dice = random.Random(9)
    return [{f"c{n}": dice.choice(_CODES) for n in range(COLUMNS)} for _ in range(count)]


def _compiled(rows: Sequence[Row]) -> Table:
    columns = {f"c{n}": Column(name=f"c{n}", kind="codes", codes=_CODES) for n in range(COLUMNS)}
    made, problems = compile_rows(rows, columns)
    if problems:
        raise AssertionError(problems)
    return made


def _ask_row(rows: Sequence[Row]) -> _Engine:
    made = _compiled(rows)

    def ask(case: _Seen) -> object:
        found = made.first(case)
        return None if found is None else made.rules[found]

    return _Engine(ready=_seen, ask=ask)


def _ask_explained(rows: Sequence[Row]) -> _Engine:
    made = _compiled(rows)

    def ask(case: _Seen) -> object:
        found = made.explain(case).row
        return None if found is None else made.rules[found]

    return _Engine(ready=_seen, ask=ask)


def _seen(case: _Words) -> _Seen:
    """Make a case as tables see it: every column with its codes."""
    return {name: (code,) for name, code in case.items()}


def _others(rows: Sequence[Row]) -> dict[str, _Engine]:
    found = {}
    for name, package, make in (
        ("zen-engine", "zen", _ask_zen),
        ("CEL", "cel", _ask_cel),
    ):
        try:
            module = importlib.import_module(package)
        except ImportError:
            say(f"    {name} is not here: `pip install {_INSTALL[name]}` puts it beside.")
        else:
            found[name] = make(module, rows)
    return found


_INSTALL: Final = {"zen-engine": "zen-engine", "CEL": "common-expression-language"}


def _ask_zen(module: Any, rows: Sequence[Row]) -> _Engine:  # noqa: ANN401 - optional, ships no types
    decision = module.ZenEngine().create_decision(json.dumps(_zen_graph(rows)))
    return _Engine(ready=dict, ask=lambda case: decision.evaluate(case)["result"]["rule"])


def _zen_graph(rows: Sequence[Row]) -> dict[str, Any]:
    """Write the table as the engine's own kind of decision table, first hit."""
    names = [f"c{n}" for n in range(COLUMNS)]
    rules = [
        {
            "_id": row.rule,
            "out": f'"{row.rule}"',
            **{name: ",".join(f'"{code}"' for code in _codes(row, name)) for name in names},
        }
        for row in rows
    ]
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": name, "name": name, "field": name} for name in names],
        "outputs": [{"id": "out", "name": "rule", "field": "rule"}],
        "rules": rules,
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in"},
        {"id": "rows", "type": "decisionTableNode", "name": "rows", "content": content},
        {"id": "end", "type": "outputNode", "name": "end"},
    ]
    edges = [
        {"id": "e1", "sourceId": "in", "targetId": "rows", "type": "edge"},
        {"id": "e2", "sourceId": "rows", "targetId": "end", "type": "edge"},
    ]
    return {"nodes": nodes, "edges": edges}


def _ask_cel(module: Any, rows: Sequence[Row]) -> _Engine:  # noqa: ANN401 - optional, ships no types
    expression = f'"{rows[-1].rule}"'
    for row in reversed(rows[:-1]):
        asked = " && ".join(f"{name} in {json.dumps(_codes(row, name))}" for name in row.when)
        expression = f'{asked} ? "{row.rule}" : {expression}'
    program = module.compile(expression)
    return _Engine(ready=dict, ask=program.execute)


def _codes(row: Row, name: str) -> list[str]:
    return [code.strip() for code in row.when.get(name, "").split("|") if code.strip()]


def _agree(asked: Mapping[str, _Engine], ready: Mapping[str, Sequence[object]]) -> None:
    """Refuse to compare engines that decide otherwise."""
    first, *rest = asked
    for at, case in enumerate(ready[first][:100]):
        for name in rest:
            found, expected = asked[name].ask(ready[name][at]), asked[first].ask(case)
            if found != expected:
                raise AssertionError(f"{name} says {found}, not {expected}, of {case}")


def _per_case(ask: Callable[[Any], object], cases: Sequence[object]) -> float:
    began = time.process_time()
    for case in cases:
        ask(case)
    return (time.process_time() - began) / len(cases) * _MICRO
