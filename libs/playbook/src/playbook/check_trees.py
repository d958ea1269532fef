"""Checks of trees and articles: every way ends, every name is known, English is always there."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from playbook.closed import DEFAULT_LANGUAGE
from playbook.compiled import compiled
from playbook.documents import Finding, Path
from playbook.model import Playbook
from playbook.questions import FactField
from playbook.sources import Sources, need, need_each, need_once
from playbook.trees import Ending, Leaf, Question, Tree
from playbook.walk import NO, YES


def check_trees(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    teams = [team.id for team in playbook.teams.teams]
    types = [known.code for known in playbook.taxonomy.issue_types]
    for index, tree in enumerate(playbook.trees):
        file = sources.file("trees", index)
        yield from _check_name(file, "tree", tree.tree)
        yield from need(file, ("owner",), tree.owner, teams, "team")
        yield from need_each(file, ("issue_types",), tree.issue_types, types, "issue type")
        yield from _check_choice(playbook, file, tree)
        yield from _check_nodes(playbook, file, tree)
        yield from _check_ways(file, tree)


def _check_name(file: str, key: str, name: str) -> Iterator[Finding]:
    stem = PurePosixPath(file).stem
    if name != stem:
        yield Finding(file, (key,), f"the file's own name, {stem}", name)


def _check_choice(playbook: Playbook, file: str, tree: Tree) -> Iterator[Finding]:
    """A case has one tree: the conditions of others can hold, and only the last has none."""
    for code in (one for one in tree.issue_types if playbook.issue_type(one)):
        trees, _ = compiled(playbook).trees[code]
        own = trees.index(tree)
        for row, column, expected, found in compiled(playbook).problems["trees", code]:
            if row == own:
                yield Finding(file, ("when", column), expected, found)
        for_all = next((one for one in trees if not one.when), tree)
        if not tree.when and for_all is not tree:
            expected = f"a `when`, since {for_all.tree} is for every {code} already"
            yield Finding(file, ("tree",), expected, "none")


def _check_nodes(playbook: Playbook, file: str, tree: Tree) -> Iterator[Finding]:
    codes = [node.id for node in tree.nodes]
    yield from need_once(file, ("nodes",), codes, "node")
    yield from need(file, ("start",), tree.start, codes, "node")
    for at, node in enumerate(tree.nodes):
        here: Path = ("nodes", at)
        if isinstance(node, Leaf):
            yield from _check_ending(playbook, file, (*here, "end"), tree, node.end)
        else:
            yield from _check_question(playbook, file, here, tree, node)


def _check_question(
    playbook: Playbook, file: str, path: Path, tree: Tree, node: Question
) -> Iterator[Finding]:
    codes = [one.id for one in tree.nodes]
    answers = [answer.code for answer in node.answers]
    yield from need_once(file, (*path, "answers"), answers, "answer")
    for at, answer in enumerate(node.answers):
        yield from need(file, (*path, "answers", at, "next"), answer.next, codes, "node")
    if node.fact is not None:
        yield from _check_fact(playbook, file, path, tree, node)


def _check_fact(
    playbook: Playbook, file: str, path: Path, tree: Tree, node: Question
) -> Iterator[Finding]:
    """What the case says is taken as an answer, so each value of the fact needs one."""
    found = [
        (code, field)
        for code in tree.issue_types
        if (known := playbook.issue_type(code)) and (field := known.fact(node.fact or ""))
    ]
    if not found:
        types = ", ".join(tree.issue_types)
        yield Finding(file, (*path, "fact"), f"a fact of {types}", node.fact or "")
    answers = {answer.code for answer in node.answers}
    for code, field in found:
        values = _values(field)
        if values is None:
            expected = "a clear fact of type code or flag, since answers are words"
            yield Finding(file, (*path, "fact"), expected, f"{field.name} of {code}: {field.type}")
        elif set(values) != answers:
            expected = f"an answer for each value of {field.name}: {', '.join(values)}"
            told = ", ".join(answer.code for answer in node.answers)
            yield Finding(file, (*path, "answers"), expected, told)


def _values(field: FactField) -> tuple[str, ...] | None:
    if field.is_restricted:
        return None
    return {"code": field.codes, "flag": (YES, NO)}.get(field.type)


def _check_ending(
    playbook: Playbook, file: str, path: Path, tree: Tree, end: Ending
) -> Iterator[Finding]:
    types = [known.code for known in playbook.taxonomy.issue_types]
    kinds = [kind.kind for kind in playbook.taxonomy.evidence_kinds]
    articles = {article.article for article in playbook.knowledge}
    yield from need_each(file, (*path, "evidence"), end.evidence, kinds, "evidence kind")
    if end.knowledge is not None:
        yield from need(file, (*path, "knowledge"), end.knowledge, articles, "article")
    if end.issue_type is not None:
        yield from need(file, (*path, "issue_type"), end.issue_type, types, "issue type")
    about = (end.issue_type,) if end.issue_type else tree.issue_types
    for code in (one for one in about if one in types):
        yield from _check_meaning(playbook, file, path, code, end)


def _check_meaning(
    playbook: Playbook, file: str, path: Path, issue_type: str, end: Ending
) -> Iterator[Finding]:
    causes = playbook.root_causes(issue_type)
    decisions = playbook.decision_types(issue_type)
    outcomes = list(dict.fromkeys(one.code for each in decisions for one in each.outcomes))
    if end.root_cause is not None:
        what = f"root cause of {issue_type}"
        yield from need(file, (*path, "root_cause"), end.root_cause, causes, what)
    if end.outcome is not None:
        what = f"outcome of {issue_type}"
        yield from need(file, (*path, "outcome"), end.outcome, outcomes, what)


def _check_ways(file: str, tree: Tree) -> Iterator[Finding]:
    """Follow every way from the start: none comes back to where it was, none misses a node."""
    nodes = {node.id: at for at, node in reversed(list(enumerate(tree.nodes)))}
    done: set[str] = set()
    yield from _follow(file, tree, nodes, tree.start, (), done)
    for code, at in sorted(nodes.items(), key=lambda one: one[1]):
        if code not in done and tree.start in nodes:
            expected = "a node that some answer leads to"
            yield Finding(file, ("nodes", at, "id"), expected, f"{code}, which nothing reaches")


def _follow(
    file: str,
    tree: Tree,
    nodes: dict[str, int],
    code: str,
    way: tuple[str, ...],
    done: set[str],
) -> Iterator[Finding]:
    """Go down every answer once. `way`: the nodes from the start to here."""
    if code not in nodes or code in done:
        return
    done.add(code)
    node = tree.nodes[nodes[code]]
    for at, answer in enumerate(node.answers if isinstance(node, Question) else ()):
        here = (*way, code)
        if answer.next in here:
            circle = " → ".join((*here[here.index(answer.next) :], answer.next))
            path = ("nodes", nodes[code], "answers", at, "next")
            yield Finding(file, path, "a node further on, so that every way ends", circle)
        yield from _follow(file, tree, nodes, answer.next, here, done)


def check_knowledge(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    teams = [team.id for team in playbook.teams.teams]
    types = [known.code for known in playbook.taxonomy.issue_types]
    english = {one.article for one in playbook.knowledge if one.language == DEFAULT_LANGUAGE}
    for index, article in enumerate(playbook.knowledge):
        file = sources.file("knowledge", index)
        folder = PurePosixPath(file).parent.name
        yield from _check_name(file, "article", article.article)
        if article.language != folder:
            yield Finding(file, ("language",), f"the folder's language, {folder}", article.language)
        yield from need(file, (), folder, playbook.card.locales, "language")
        yield from need(file, ("owner",), article.owner, teams, "team")
        yield from need_each(file, ("issue_types",), article.issue_types, types, "issue type")
        if article.article not in english:
            expected = (
                f"the same article in knowledge/{DEFAULT_LANGUAGE}, which others fall back to"
            )
            yield Finding(file, ("article",), expected, "none")
