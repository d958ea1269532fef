"""`playbook walk`: a tree asked at a terminal, one question after the other, or all at once."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from playbook.closed import Words
from playbook.model import Playbook
from playbook.trees import Ending, Question
from playbook.walk import AnswersInvalid, Walk, walk

Say = Callable[[str], object]
Ask = Callable[[str], str]

BACK: Final = "back"


class AnswersUnreadable(ValueError):
    """Answers on the command line that are none; the message has a line for each."""


def read_answers(given: Sequence[str]) -> dict[str, str]:
    """
    Read `question=answer`, several with commas or in several words.

    Raises:
        AnswersUnreadable: Each that is written otherwise, and each question that comes twice.
    """
    answers: dict[str, str] = {}
    wrong: list[str] = []
    for one in (part.strip() for word in given for part in word.split(",")):
        question, _, answer = one.partition("=")
        if not (question and answer):
            wrong.append(f"--answers: {one!r}: write question=answer")
        elif question in answers:
            wrong.append(f"--answers: {question} is answered twice; leave one out")
        else:
            answers[question] = answer
    if wrong:
        raise AnswersUnreadable("\n".join(wrong))
    return answers


def go(playbook: Playbook, tree: str, answers: dict[str, str], language: str) -> Iterator[str]:
    """
    Tell how far answers lead: the way there, then the next question, or the end.

    Raises:
        TreeNotFound: There is no such tree.
        AnswersUnreadable: A question or an answer that the tree does not have; all of them.
    """
    try:
        found = walk(playbook, tree, answers, {})
    except AnswersInvalid as error:
        lines = (f"{one.pointer}: {one.detail}" for one in error.problems)
        raise AnswersUnreadable("\n".join(lines)) from None
    yield from (f"{step.node} = {step.answer}" for step in found.steps)
    yield from tell_place(found, language)
    if found.unused:
        yield f"Not on this way: {', '.join(found.unused)}"


def go_asking(playbook: Playbook, tree: str, language: str, *, say: Say, ask: Ask) -> None:
    """
    Ask question after question until the end; `ask` returns what was typed.

    An answer is a number or a code; `back` takes the last one back. What is neither is asked again.

    Raises:
        TreeNotFound: There is no such tree.
    """
    given: list[tuple[str, str]] = []
    while True:
        found = walk(playbook, tree, dict(given), {})
        for line in tell_place(found, language):
            say(line)
        if found.question is None:
            return
        typed = ask("> ").strip()
        if typed == BACK:
            given = given[:-1]
        elif (code := _meant(found.question, typed)) is None:
            say(f"Type a number from 1 to {len(found.question.answers)}, or `{BACK}`.")
        else:
            given.append((found.question.id, code))


def tell_place(found: Walk, language: str) -> Iterator[str]:
    """Tell the question with its answers, or the end with all that it says."""
    if found.question is not None:
        yield from _tell_question(found.question, language)
    if found.end is not None:
        yield from _tell_end(found.end, language)


def _tell_question(question: Question, language: str) -> Iterator[str]:
    yield f"{question.id}: {_say(question.ask, language)}"
    if question.why:
        yield f"  ({_say(question.why, language)})"
    for at, answer in enumerate(question.answers, start=1):
        yield f"  {at}. {answer.code}: {_say(answer.say, language)}"


def _tell_end(end: Ending, language: str) -> Iterator[str]:
    yield f"End: {_say(end.advice, language)}"
    told = {
        "issue type": end.issue_type,
        "root cause": end.root_cause,
        "outcome": end.outcome,
        "read": end.knowledge,
        "evidence": ", ".join(end.evidence) or None,
        "next": end.next,
    }
    yield from (f"  {name}: {value}" for name, value in told.items() if value)


def _say(words: Words, language: str) -> str:
    return " ".join(words.say(language).split())


def _meant(question: Question, typed: str) -> str | None:
    codes = [answer.code for answer in question.answers]
    numbers = {str(at): code for at, code in enumerate(codes, start=1)}
    return typed if typed in codes else numbers.get(typed)
