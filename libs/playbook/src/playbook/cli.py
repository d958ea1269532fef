"""The `playbook` command: check, try, explain and compare an operating model, no service needed."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

import typer

from playbook import golden
from playbook.case_files import NoCases, read_case, read_cases
from playbook.cli_tickets import import_tickets
from playbook.closed import DEFAULT_LANGUAGE
from playbook.compare import TooWide
from playbook.differences import tell_differences
from playbook.drawing import NothingToDraw, Subject, mermaid, picture
from playbook.export import to_cel, to_dmn
from playbook.facts import check_facts
from playbook.fitting import TrainingImpossible
from playbook.history import HistoryInvalid
from playbook.judgement import judge
from playbook.load import PlaybookInvalid, load_placed, load_playbook, load_reviewed
from playbook.marks import MARK
from playbook.model import Playbook
from playbook.notes import notes, sound
from playbook.pack import NotAPack, pack as write_pack, unpack as read_pack
from playbook.record import canonical, record
from playbook.schemas import KINDS, schema as schema_of
from playbook.simulate import simulate as run_simulation
from playbook.skeleton import NoPlace, skeleton
from playbook.telling import tell
from playbook.telling_loads import tell_loads
from playbook.tickets import NoTickets
from playbook.training_command import ReportTo, Right, Seed, Terms, Texts, To, train_model
from playbook.trials import Wish
from playbook.walk import TreeNotFound
from playbook.walking import AnswersUnreadable, go, go_asking, read_answers

_HELP: Final = (
    "Check, try, explain and compare a playbook: a folder of files that say where cases go. No"
    " service has to run. Begin with: playbook lint playbooks/marketplace-core"
)

app = typer.Typer(
    help=_HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)

Folder = Annotated[Path, typer.Argument(help="A playbook's folder: playbooks/marketplace-core.")]
Before = Annotated[Path, typer.Argument(help="The playbook as it is.")]
After = Annotated[Path, typer.Argument(help="The playbook as it would be.")]
LoadedT = TypeVar("LoadedT")


class Wrong(Exception):
    """The command cannot go on; the message says what to do."""


_TOLD: Final = (
    AnswersUnreadable,
    NoCases,
    NoPlace,
    NoTickets,
    NotAPack,
    NothingToDraw,
    TrainingImpossible,
    TreeNotFound,
    Wrong,
)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command. What is wrong is told on the error stream, with exit code 1."""
    try:
        app(words)
    except PlaybookInvalid as invalid:
        _stop(*invalid.problems, f"{len(invalid.problems)} to mend.")
    except HistoryInvalid as invalid:
        _stop(*invalid.problems)
    except _TOLD as error:
        _stop(str(error))


def _stop(*lines: str) -> None:
    for line in lines:
        typer.echo(line, err=True)
    sys.exit(1)


def _open(folder: Path) -> Playbook:
    return _open_by(load_playbook, folder)


def _open_by(load: Callable[[Path], LoadedT], folder: Path) -> LoadedT:
    if not (folder / "playbook.yaml").is_file():
        raise Wrong(f"{folder} is no playbook: name a folder with a playbook.yaml in it")
    return load(folder)


@app.command()
def lint(
    folder: Folder,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Judge review dates as on this day."),
    ] = None,
) -> None:
    """Check every file by itself and all together; each problem has its file, line and column."""
    today = on.date() if on else date.fromtimestamp(time.time())  # noqa: DTZ012 - the reader's day
    book = _open_by(lambda it: load_reviewed(it, today), folder)
    for line in (sound(book), *notes(book)):
        typer.echo(line)


@app.command()
def test(folder: Folder) -> None:
    """Run the golden cases: the playbook's own tests."""
    book, places = _open_by(load_placed, folder)
    results = golden.run(book)
    failed = [one for one in results if one.differences]
    for one in failed:
        typer.echo(f"{places[one.name]}: {one.name}")
        for difference in one.differences:
            typer.echo(f"  {difference}")
    typer.echo(f"{len(results) - len(failed)} of {len(results)} golden cases hold")
    if failed:
        raise typer.Exit(1)


@app.command()
def explain(
    folder: Folder,
    facts: Annotated[Path, typer.Argument(help="A case as in golden/; `-` reads a pipe.")],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="As JSON, as the router keeps it.")
    ] = False,
) -> None:
    """Tell what a case would be, who would get it and why, and why nobody else."""
    book, filed = _open(folder), read_case(facts)
    for wrong in check_facts(book, filed.issue_type, filed.facts).errors:
        typer.echo(f"{facts}: a form would refuse {wrong.pointer}: {wrong.detail}", err=True)
    found = judge(book, filed)
    for line in [canonical(record(found)).decode()] if as_json else tell(book, found):
        typer.echo(line)


@app.command()
def diff(before: Before, after: After) -> None:
    """Tell in words which cases would go elsewhere, each with an example."""
    old, new = _open(before), _open(after)
    try:
        lines = [*tell_differences(old, new)]
    except TooWide as wide:
        raise Wrong(f"the column {wide} names too many codes to compare all cases") from None
    for line in lines:
        typer.echo(line)
    ending = "" if len(lines) == 1 else "s"
    typer.echo(f"{old.pin} → {new.pin}: {len(lines) or 'no'} difference{ending}")


@app.command()
def graph(
    folder: Folder,
    issue_type: Annotated[str | None, typer.Option(help="The routes of this type alone.")] = None,
    ladder: Annotated[str | None, typer.Option(help="This escalation ladder instead.")] = None,
    tree: Annotated[str | None, typer.Option(help="This decision tree instead.")] = None,
    *,
    svg: Annotated[
        bool, typer.Option("--svg", help="As a picture; name a type, ladder or tree.")
    ] = False,
) -> None:
    """Draw routes, a ladder or a tree as Mermaid, or as SVG."""
    subject = Subject(issue_type=issue_type, ladder=ladder, tree=tree)
    for line in (picture if svg else mermaid)(_open(folder), subject):
        typer.echo(line)


@app.command()
def walk(
    folder: Folder,
    tree: Annotated[str, typer.Argument(help="A decision tree: a file of trees/, without .yaml.")],
    *,
    answers: Annotated[
        list[str] | None, typer.Option(help="q1=yes,q2=no: ask nothing, say what comes of these.")
    ] = None,
    language: Annotated[str, typer.Option(help="In which language: en, de, …")] = DEFAULT_LANGUAGE,
) -> None:
    """Walk a decision tree question by question, or as far as some answers lead."""
    book = _open(folder)
    if answers is None:
        go_asking(book, tree, language, say=typer.echo, ask=_ask)
        return
    for line in go(book, tree, read_answers(answers), language):
        typer.echo(line)


def _ask(prompt: str) -> str:
    return str(typer.prompt("", prompt_suffix=prompt))


@app.command()
def simulate(
    before: Before,
    after: After,
    cases: Annotated[
        Path, typer.Argument(help="A list of cases, as `case` in golden/: YAML or JSON.")
    ],
) -> None:
    """Judge a file of cases by two playbooks, and show who would have had how much to do."""
    filed = read_cases(cases)
    was, now = (run_simulation(_open(folder), filed) for folder in (before, after))
    for line in tell_loads(was, now):
        typer.echo(line)


app.command("import-tickets")(import_tickets)


@app.command()
def train(  # noqa: PLR0913 - a command has as many words as it has
    folder: Folder,
    texts: Texts,
    *,
    to: To = None,
    report: ReportTo = None,
    seed: Seed = 7,
    right: Right = 0.95,
    terms: Terms = 10_000,
) -> None:
    """Train a text model on your own labelled history, and say how good it is."""
    book = _open(folder)
    wish = Wish(playbook=book.pin, seed=seed, right=right, most_terms=terms)
    train_model(book, texts, to=to, report=report, wish=wish)


@app.command()
def pack(
    folder: Folder,
    target: Annotated[Path, typer.Argument(help="The zip to write.")],
) -> None:
    """Write a playbook into one file that is the same for the same content."""
    book, digest = write_pack(folder, target)
    typer.echo(f"{target}: {book.pin}, sha256 {digest}")


@app.command()
def unpack(
    source: Annotated[Path, typer.Argument(help="A pack.")],
    target: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
) -> None:
    """Write a pack's files into a folder, checked against its digest."""
    book, digest = read_pack(source, target)
    typer.echo(f"{target}: {book.pin}, sha256 {digest}")


@app.command()
def export(
    folder: Folder,
    to: Annotated[Literal["dmn", "cel"], typer.Option(help="Which engine's language.")] = "dmn",
) -> None:
    """Write the routing tables for another engine."""
    book = _open(folder)
    typer.echo(to_dmn(book) if to == "dmn" else to_cel(book), nl=False)


@app.command()
def schema(
    kind: Annotated[str | None, typer.Argument(help="A kind of file; none lists them.")] = None,
) -> None:
    """Print the JSON Schema of a kind of file, for an editor to complete and check it."""
    if kind is None:
        for one in KINDS:
            typer.echo(f"{one:12}{schema_of(one)['x-file']}")
        return
    if kind not in KINDS:
        raise Wrong(f"there is no kind of file {kind}; there are: {', '.join(KINDS)}")
    typer.echo(json.dumps(schema_of(kind), indent=2, ensure_ascii=False))


@app.command()
def new(
    folder: Folder,
    issue_type: Annotated[str, typer.Argument(help="A code for the new type: returned_parcel.")],
) -> None:
    """Add an issue type with marked places; `lint` then says what to write in each."""
    book = _open(folder)
    if book.issue_type(issue_type):
        raise Wrong(f"{issue_type} is there already; name a new type")
    if not issue_type.isidentifier() or not issue_type.isascii():
        raise Wrong(f"{issue_type} is no code: use letters, digits and _, a letter first")
    kept = {name: (folder / name).read_text("utf-8") for name in ("taxonomy.yaml", "routing.yaml")}
    for name, text in skeleton(book, issue_type, kept).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        typer.echo(f"{folder / name}: {text.count(MARK)} to fill in")
    typer.echo(f"Now `playbook lint {folder}` says what belongs where.")
