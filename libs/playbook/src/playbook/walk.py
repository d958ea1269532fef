"""Walk a decision tree question by question: the same answers always lead to the same place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from playbook.case import Problem
from playbook.columns import Inputs
from playbook.compiled import compiled
from playbook.facts import INVALID
from playbook.model import Playbook
from playbook.trees import Ending, Leaf, Question, Tree

YES: Final = "yes"
NO: Final = "no"
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class TreeNotFound(LookupError):
    """The playbook has no such tree; the message says which there are."""


class AnswersInvalid(ValueError):
    """Answers that the tree does not know: `problems` points to each."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} answers do not fit")
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A question that is behind us, and where its answer came from."""

    node: str
    answer: str
    source: Literal["fact", "kept", "answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What a case brings to a walk, none of which is asked again."""

    facts: Mapping[str, object]
    kept: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """
    How far answers lead: either `question` is what to ask next, or `end` is what came out.

    `node` is where the walk stands. `unused`: questions that were answered but are not on this
    way, for instance because an earlier answer was changed.
    """

    tree: str
    node: str
    steps: tuple[Step, ...]
    question: Question | None
    end: Ending | None
    unused: tuple[str, ...]


def walk(
    playbook: Playbook,
    tree: str,
    answers: Mapping[str, str],
    facts: Mapping[str, object],
    kept: Mapping[str, str] = _NOTHING,
) -> Walk:
    """
    Go from the start of a tree as far as answers and facts lead.

    `answers`: the code of an answer by the id of its question; `kept`: those that were given for
    the case before. `facts`: the clear facts of a case as JSON values. What the case itself says
    is taken and not asked, then what was kept; both win over an answer.

    Raises:
        TreeNotFound: There is no such tree.
        AnswersInvalid: A question or an answer that the tree does not have.
    """
    found = playbook.tree(tree)
    if found is None:
        known = ", ".join(one.tree for one in playbook.trees) or "none"
        raise TreeNotFound(f"no tree {tree}; there are: {known}")
    problems = tuple(_problems(found, answers))
    if problems:
        raise AnswersInvalid(problems)
    return _go(found, answers, _Known(facts=facts, kept=kept))


def trees_for(playbook: Playbook, issue_type: str) -> tuple[Tree, ...]:
    """List the trees that cases of a type may be walked with, in the order of their names."""
    return tuple(one for one in playbook.trees if issue_type in one.issue_types)


def tree_for(playbook: Playbook, issue_type: str, seen: Inputs) -> Tree | None:
    """
    Choose the one tree of a case; `seen` is the case as it was filed.

    None: the playbook has no tree for cases like this one.
    """
    trees, table = compiled(playbook).trees.get(issue_type, ((), None))
    first = table.first(seen) if table is not None else None
    return None if first is None else trees[first]


def _go(tree: Tree, answers: Mapping[str, str], known: _Known) -> Walk:
    steps: list[Step] = []
    node = _node(tree, tree.start)
    while isinstance(node, Question):
        step = _answered(node, answers, known)
        if step is None:
            return _told(tree, node, steps, answers)
        steps.append(step)
        node = _node(tree, _next(node, step.answer))
    return _told(tree, node, steps, answers)


def _told(
    tree: Tree, node: Question | Leaf, steps: Sequence[Step], answers: Mapping[str, str]
) -> Walk:
    passed = {step.node for step in steps}
    return Walk(
        tree=tree.pin,
        node=node.id,
        steps=tuple(steps),
        question=node if isinstance(node, Question) else None,
        end=node.end if isinstance(node, Leaf) else None,
        unused=tuple(sorted(code for code in answers if code not in passed)),
    )


def _answered(node: Question, answers: Mapping[str, str], known: _Known) -> Step | None:
    """Take what the case says, else what was answered; a value that is no answer is asked for."""
    codes = [answer.code for answer in node.answers]
    said = _word(known.facts.get(node.fact)) if node.fact else None
    if said in codes:
        return Step(node=node.id, answer=said, source="fact")
    if (kept := known.kept.get(node.id)) in codes:
        return Step(node=node.id, answer=kept, source="kept")
    if node.id in answers:
        return Step(node=node.id, answer=answers[node.id], source="answer")
    return None


def _word(value: object) -> str | None:
    if value is True or value is False:
        return YES if value else NO
    return value if isinstance(value, str) else None


def _node(tree: Tree, code: str) -> Question | Leaf:
    """Find a node; the loader has seen that it is there and that no way comes back to it."""
    return next(one for one in tree.nodes if one.id == code)


def _next(node: Question, code: str) -> str:
    return next(answer.next for answer in node.answers if answer.code == code)


def _problems(tree: Tree, answers: Mapping[str, str]) -> Iterator[Problem]:
    questions = {one.id: one for one in tree.nodes if isinstance(one, Question)}
    for node, code in answers.items():
        if node not in questions:
            yield _problem(node, f"{tree.pin} has no such question; it has: {', '.join(questions)}")
            continue
        known = [answer.code for answer in questions[node].answers]
        if code not in known:
            yield _problem(node, f"one of: {', '.join(known)}")


def _problem(node: str, detail: str) -> Problem:
    pointer = "/answers/" + node.replace("~", "~0").replace("/", "~1")
    return Problem(pointer=pointer, code=INVALID, detail=detail)
