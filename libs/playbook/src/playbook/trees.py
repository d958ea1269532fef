"""Trees and articles: what helps an agent or a seller to the cause of a case, and to its end."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag

from playbook.closed import Closed, Code, Words
from playbook.tables import Cells

NextVerb = Literal[
    "claim",
    "request_evidence",
    "judge_evidence",
    "hand_off",
    "decide",
    "classify",
    "wait_for_seller",
    "wait_for_partner",
    "none",
]


def _as_written(code: object) -> object:
    """YAML reads a bare `yes` as a truth; an answer is a word."""
    if code is True or code is False:
        return "yes" if code else "no"
    return code


class Answer(Closed):
    """One thing that can be answered, and the node that comes next."""

    code: Annotated[Code, BeforeValidator(_as_written)]
    say: Words
    next: Code


class Question(Closed):
    """
    A node that asks. `why`: for whoever is asked.

    `fact`: a fact of the issue type with the same values; a case that has it is not asked again.
    """

    id: Code
    ask: Words
    why: Words | None = None
    fact: Code | None = None
    answers: Annotated[tuple[Answer, ...], Field(min_length=2)]


class Ending(Closed):
    """What a walk arrives at: what to do, and what it says of the case."""

    advice: Words
    issue_type: Code | None = None
    root_cause: Code | None = None
    outcome: Code | None = None
    knowledge: Code | None = None
    evidence: tuple[Code, ...] = ()
    next: NextVerb | None = None


class Leaf(Closed):
    """A node at which a walk ends."""

    id: Code
    end: Ending


_ASKS: Final = "(asks)"
_ENDS: Final = "(ends)"
"""No keys of a file, so that the place of an error is not taken for one."""


def _kind_of_node(node: object) -> str | None:
    if isinstance(node, Question | Leaf):
        return _ENDS if isinstance(node, Leaf) else _ASKS
    if not isinstance(node, Mapping):
        return None
    if "end" in node:
        return _ENDS
    return _ASKS if "ask" in node or "answers" in node else None


Node: TypeAlias = Annotated[
    Annotated[Question, Tag(_ASKS)] | Annotated[Leaf, Tag(_ENDS)],
    Discriminator(
        _kind_of_node,
        custom_error_type="node",
        custom_error_message="a question (`ask` and `answers`) or an end (`end`)",
    ),
]


class Tree(Closed):
    """
    The content of `trees/<tree>.yaml`: questions that lead to the cause of a case.

    A case has one tree: that of its type whose `when` its facts, as they were filed, fit; else the
    one without `when`.
    """

    tree: Code
    version: Annotated[int, Field(ge=1)]
    issue_types: Annotated[tuple[Code, ...], Field(min_length=1)]
    when: Cells = Field(default_factory=dict)
    title: Words
    owner: Code
    review_by: date | None = None
    start: Code
    nodes: Annotated[tuple[Node, ...], Field(min_length=1)]

    @property
    def pin(self) -> str:
        return f"{self.tree}@{self.version}"

    def node(self, code: str) -> Question | Leaf | None:
        return next((one for one in self.nodes if one.id == code), None)


class Article(Closed):
    """knowledge/<language>/<article>.md: the front matter, and below it the article."""

    article: Code
    version: Annotated[int, Field(ge=1)]
    language: Code
    """The folder's name; need not be written."""
    issue_types: Annotated[tuple[Code, ...], Field(min_length=1)]
    owner: Code
    review_by: date
    title: Annotated[str, Field(min_length=1)]
    body: Annotated[str, Field(min_length=1)]

    @property
    def pin(self) -> str:
        return f"{self.article}@{self.version}"
