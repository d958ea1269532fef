"""What YAML and Pydantic complain of, in the words of whoever writes a playbook."""

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, RootModel

Told: TypeAlias = tuple[str, str]
"""What was expected, and what was found instead."""

TWICE: Final = "a key twice"
_QUOTE: Final = "a text with , : or ' in it needs double quotes around it"
# Parts of what libyaml says, the first that fits.
_YAML: Final[tuple[tuple[str, Told], ...]] = (
    (
        "did not find expected key",
        ("lines that belong together to begin in one column", "one that begins elsewhere"),
    ),
    (
        "'-' indicator",
        ("`-` in the column of the other items of the list", "a line that begins otherwise"),
    ),
    (
        "mapping values are not allowed",
        (
            "lines that belong together in one column; a text with a colon in it needs quotes",
            "a colon where none can be",
        ),
    ),
    (
        "expected ':'",
        (
            "a colon and a space after the key, like `title: …`",
            "none here or on the line above",
        ),
    ),
    ("',' or '}'", (f"a comma, or the }} for a {{ further up; {_QUOTE}", "neither")),
    ("',' or ']'", (f"a comma, or the ] for a [ further up; {_QUOTE}", "neither")),
    (
        "cannot start any token",
        ("quotes around a text that begins with a sign such as > % @ `", "none"),
    ),
    ("unexpected end of stream", ("the quote that closes a text", "the end of the file")),
    ("block sequence entries", ("a list to begin on the line below its key", "`-` here")),
)
_MOMENT: Final = "a time like 2026-11-24T09:00:00Z (Z: UTC)"
_KINDS: Final[Mapping[str, str]] = {
    "string_type": "text, in quotes if it is a number or a date",
    "timezone_aware": _MOMENT,
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list, like [one, two]",
    "list_type": "a list, like [one, two]",
    "dict_type": "keys with values, like {en: Hello}",
    "model_type": "keys with values, like `title: …`",
}
_FORMS: Final[Mapping[str, str]] = {
    "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$": "a code (letters, digits, _ . -, no spaces)",
    r"^\d+\.\d+\.\d+$": "three numbers, like 1.0.0",
}
_MOMENTS: Final = ("datetime_", "date_")
_KEY: Final = "[key]"


def of_yaml(problem: str, sign: str) -> Told:
    """Say what a file that is no YAML lacks at a sign; what is not foreseen is passed on."""
    if problem.startswith(TWICE):
        expected = "each key once here; an item of a list begins with -"
        return expected, f"`{problem.removeprefix(TWICE).strip(': ')}` twice"
    if sign == "\t":
        return "spaces at the beginning of a line", "a tab"
    return next(
        (told for said, told in _YAML if said in problem),
        ("plain YAML", problem.removeprefix("found ")),
    )


def of_value(detail: Mapping[str, Any]) -> str:
    """Say what should stand in place of a value that Pydantic refuses."""
    kind, context = str(detail["type"]), detail.get("ctx") or {}
    if kind == "value_error":
        return str(context["error"])
    if detail.get("input") is None and kind in {"string_type", "string_pattern_mismatch"}:
        return f"text after a colon; {_QUOTE}"
    if kind == "string_pattern_mismatch" and context["pattern"] in _FORMS:
        return _FORMS[context["pattern"]]
    if kind.startswith(_MOMENTS):
        return _MOMENT if kind.startswith("datetime_") else "a date like 2026-11-24"
    said = str(detail["msg"]).removeprefix("Input should be ")
    return _KINDS.get(kind) or {"True": "true"}.get(said, said)


def is_of_key(path: tuple[str | int, ...]) -> bool:
    """Tell whether a complaint is of a key itself, not of what stands below it."""
    return path[-1:] == (_KEY,)


def keys_beside(model: type[BaseModel], path: tuple[str | int, ...]) -> tuple[str, ...]:
    """List the keys that a model knows where the last step of a path stands; empty if unsure."""
    here: Any = model
    for step in path[:-1]:
        here = _inside(here, step)
    here = _bare(here)
    return tuple(sorted(here.model_fields)) if _is_model(here) else ()


def _inside(kind: Any, step: str | int) -> Any:  # noqa: ANN401 - an annotation is of any type
    kind = _bare(kind)
    if _is_model(kind):
        field = kind.model_fields.get(step)
        return field and field.annotation
    parts = get_args(kind)
    if isinstance(step, int):
        return parts[0] if parts else None
    return parts[-1] if get_origin(kind) in {dict, Mapping} else None


def _bare(kind: Any) -> Any:  # noqa: ANN401 - an annotation is of any type
    """Look through what does not change which keys there are."""
    while True:
        origin, parts = get_origin(kind), get_args(kind)
        if origin is Annotated:
            kind = parts[0]
        elif origin in {Union, UnionType} and len(rest := _some(parts)) == 1:
            [kind] = rest
        elif _is_model(kind) and issubclass(kind, RootModel):
            kind = kind.model_fields["root"].annotation
        else:
            return kind


def _some(parts: tuple[Any, ...]) -> list[Any]:
    return [part for part in parts if part is not type(None)]


def _is_model(kind: Any) -> bool:  # noqa: ANN401 - an annotation is of any type
    return isinstance(kind, type) and issubclass(kind, BaseModel)
