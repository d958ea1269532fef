"""Checks of decision tables as a whole: rows that never win, rows that contradict others."""

from collections.abc import Generator, Iterator, Sequence

from playbook.columns import LEVELS, in_words, show
from playbook.compiled import compiled
from playbook.coverage import Coverage, TooWide, Witness, cover, overlaps, unreachable
from playbook.documents import Finding, Path
from playbook.model import Playbook
from playbook.policies import LEVEL_LISTS, LevelList, SeverityRow, SignalRow
from playbook.sources import Sources
from playbook.tables import Row, Table, compile_rows


def check_tables(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Look at all cases there can be: exact over the typed cells, not a sample."""
    tables = compiled(playbook)
    file = sources.file("severity")
    for name in LEVEL_LISTS:
        if not tables.problems[name,]:
            yield from _check_levels(playbook, file, name, tables.lists[name])
    if not tables.problems["severity",]:
        yield from _check_gap(file, ("severity",), tables.lists["severity"])
    yield from _check_suspicions(playbook, sources.file("taxonomy"))
    file = sources.file("routing")
    for index, route in enumerate(tables.routes):
        here = [("tables", index, *place) for place in route.places]
        if route.problems:  # a cell that cannot be read holds for all, and would shadow the rest
            continue
        if playbook.routing.tables[index].hit_policy == "unique":
            yield from _check_unique(file, here, route.rows, route.table)
        else:
            yield from _check_reach(file, here, route.rows, route.table)


def _check_suspicions(playbook: Playbook, file: str) -> Iterator[Finding]:
    tables = compiled(playbook)
    for at, known in enumerate(playbook.taxonomy.issue_types):
        path: Path = ("issue_types", at, "suspicions")
        if known.suspicions and not tables.problems[path]:
            here = [(*path, row) for row in range(len(known.suspicions))]
            yield from _check_reach(file, here, known.suspicions, tables.suspicions[known.code])


def _check_levels(
    playbook: Playbook, file: str, name: LevelList, table: Table
) -> Iterator[Finding]:
    """Where the highest level counts, a row comes before those with a lower one."""
    rows: Sequence[SignalRow | SeverityRow] = getattr(playbook.severity, name)
    order = list(range(len(rows)))
    above = "rows above"
    if playbook.severity.hit_policy.get(name) == "collect":
        above = "rows with a higher or the same level"
        order.sort(key=lambda at: -LEVELS.index(rows[at].level))
        columns = {column.name: column for column in table.columns}
        table, _ = compile_rows([rows[at] for at in order], columns)
    places: list[Path] = [(name, at) for at in order]
    yield from _check_reach(file, places, [rows[at] for at in order], table, above)


def _check_reach(
    file: str,
    places: Sequence[Path],
    rows: Sequence[Row],
    table: Table,
    above: str = "rows above",
) -> Iterator[Finding]:
    coverage = yield from _covered(file, places, table)
    for row in unreachable(coverage) if coverage else ():
        found = f"{rows[row].rule}, which {above} always take"
        yield Finding(file, places[row], "a row that some case can reach", found)


def _check_gap(file: str, path: Path, table: Table) -> Iterator[Finding]:
    """Every case has a severity."""
    coverage = yield from _covered(file, [path], table)
    gap = coverage.gap() if coverage else None
    if gap is not None:
        yield Finding(file, path, "a row for every case", f"none for {_tell(gap)}")


def _check_unique(
    file: str, places: Sequence[Path], rows: Sequence[Row], table: Table
) -> Iterator[Finding]:
    coverage = yield from _covered(file, places, table)
    if coverage is None:
        return
    last = len(rows) - 1
    for row in range(last):
        if coverage.overlap(row, row) is None:
            found = f"{rows[row].rule}, which none fits"
            yield Finding(file, places[row], "a row that some case can reach", found)
    for one, other, witness in overlaps(coverage):
        if other != last:  # the default holds for every case, and is only asked when none does
            expected = "rows of which never two hold (hit_policy: unique)"
            found = f"{rows[one].rule} and {rows[other].rule} for {_tell(witness)}"
            yield Finding(file, places[other], expected, found)


def _covered(
    file: str, places: Sequence[Path], table: Table
) -> Generator[Finding, None, Coverage | None]:
    try:
        return cover(table)
    except TooWide as wide:
        yield Finding(file, places[0], f"fewer different codes in one column ({wide})", "too many")
        return None


def _tell(witness: Witness) -> str:
    """Write a case so that a person can look it up: `tier smb, amount_at_risk 5.00 GBP`."""
    told = (
        f"{name} {' + '.join(map(in_words, show(seen))) or 'absent'}"
        for name, seen in witness.items()
    )
    return ", ".join(told) or "every case"
