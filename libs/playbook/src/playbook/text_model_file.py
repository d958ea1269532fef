"""The file of a text model: numbers and words in JSON, which nothing can execute, checked whole."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, NoReturn, TypeAlias

from pydantic import Field, FiniteFloat, ValidationError

from playbook.closed import Closed, Code
from playbook.text_model import TextModel, by_term

FORMAT: Final = "sellerworks-text-model/1"
MOST_BYTES: Final = 64 * 2**20
MOST_TERMS: Final = 20_000
MOST_LABELS: Final = 100
_LONGEST_TERM: Final = 200
_LARGEST: Final = 1e6
_SHOWN: Final = 50

_Number = Annotated[FiniteFloat, Field(ge=-_LARGEST, le=_LARGEST, strict=True)]
_Positive = Annotated[FiniteFloat, Field(gt=0, le=_LARGEST, strict=True)]
_Share = Annotated[FiniteFloat, Field(ge=0, le=1, strict=True)]
_Whole = Annotated[int, Field(ge=0, strict=True)]
_Text = Annotated[str, Field(max_length=_LONGEST_TERM)]
_Weights = Annotated[tuple[_Number, ...], Field(max_length=MOST_TERMS)]

Found: TypeAlias = tuple[str, str]
"""A JSON pointer and what is wrong there."""


class TextModelInvalid(Exception):
    """A file is no text model. `problems` has a line `file: /pointer: …` for each reason."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Training(Closed):
    """What a model was made from; nothing of it decides."""

    playbook: _Text
    """The playbook whose issue types are the labels."""
    rows: _Whole
    first: _Text
    last: _Text
    """When the oldest and the newest text were written."""
    history: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the file of labelled texts."""
    seed: _Whole


class TextModelFile(Closed):
    """The content of a model's file."""

    format: Literal["sellerworks-text-model/1"]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the rest, written as JSON with sorted keys and without spaces."""
    labels: Annotated[tuple[Code, ...], Field(min_length=2, max_length=MOST_LABELS)]
    vocabulary: Annotated[tuple[_Text, ...], Field(min_length=1, max_length=MOST_TERMS)]
    idf: Annotated[tuple[_Positive, ...], Field(max_length=MOST_TERMS)]
    coefficients: Annotated[tuple[_Weights, ...], Field(max_length=MOST_LABELS)]
    """A list for each label, with a number for each word."""
    intercept: Annotated[tuple[_Number, ...], Field(max_length=MOST_LABELS)]
    temperature: Annotated[FiniteFloat, Field(ge=0.01, le=100, strict=True)]
    bound: _Share
    trained_on: Training


def seal_model(**parts: object) -> TextModelFile:
    """Put a file together from all but its format and its digest, which follow from the rest."""
    file = TextModelFile.model_validate({**parts, "format": FORMAT, "digest": "0" * 64})
    return file.model_copy(update={"digest": _digest(file)})


def write_model(path: Path, file: TextModelFile) -> None:
    path.write_text(file.model_dump_json() + "\n", encoding="utf-8")


def load_text_model(path: Path) -> TextModel:
    """
    Read a model from its file.

    Raises:
        TextModelInvalid: With every reason, each with its pointer.
    """
    content = _read(path)
    try:
        file = TextModelFile.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        _refuse(path, [(_pointer(one["loc"]), one["msg"]) for one in found])
    if problems := [*_misfits(file), *_changed(file)]:
        _refuse(path, problems)
    return as_model(file)


def as_model(file: TextModelFile) -> TextModel:
    """Turn the file's numbers by label into numbers by word, as they are looked up."""
    return TextModel(
        digest=file.digest,
        labels=file.labels,
        terms=by_term(file.vocabulary, file.idf, file.coefficients),
        intercept=file.intercept,
        temperature=file.temperature,
        bound=file.bound,
    )


def _read(path: Path) -> object:
    try:
        with path.open("rb") as opened:
            read = opened.read(MOST_BYTES + 1)
    except OSError as error:
        _refuse(path, [("", f"it cannot be read ({error.strerror}); name a file that can")])
    if len(read) > MOST_BYTES:
        _refuse(path, [("", f"it is larger than {MOST_BYTES} bytes; train with fewer words")])
    try:
        return json.loads(read, parse_constant=_no_number, object_pairs_hook=_once)
    except RecursionError:
        _refuse(path, [("", "lists in lists without end; train it again")])
    except ValueError as error:
        _refuse(path, [("", f"it is no JSON ({error}); train it again")])


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key comes twice")
    return made


def _misfits(file: TextModelFile) -> Iterator[Found]:
    """Hold lists against each other: a number for each word, a list for each label."""
    labels, terms = len(file.labels), len(file.vocabulary)
    if len(set(file.labels)) != labels:
        yield "/labels", "a label comes twice"
    if len(set(file.vocabulary)) != terms:
        yield "/vocabulary", "a word comes twice"
    yield from _length("/idf", len(file.idf), terms, "word of /vocabulary")
    yield from _length("/intercept", len(file.intercept), labels, "label")
    yield from _length("/coefficients", len(file.coefficients), labels, "label")
    for at, row in enumerate(file.coefficients):
        yield from _length(f"/coefficients/{at}", len(row), terms, "word of /vocabulary")


def _length(pointer: str, found: int, expected: int, what: str) -> Iterator[Found]:
    if found != expected:
        yield pointer, f"{found} entries, expected {expected}: one a {what}"


def _changed(file: TextModelFile) -> Iterator[Found]:
    if file.digest != _digest(file):
        yield "/digest", "the content is not what was written; take the file as it was trained"


def _digest(file: TextModelFile) -> str:
    rest = file.model_dump(mode="json", exclude={"digest"})
    written = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(written.encode()).hexdigest()


def _pointer(steps: Sequence[str | int]) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def _refuse(path: Path, found: Sequence[Found]) -> NoReturn:
    lines = [f"{path}: {pointer or '/'}: {what}" for pointer, what in found[:_SHOWN]]
    more = [f"{path}: and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    raise TextModelInvalid([*lines, *more])
