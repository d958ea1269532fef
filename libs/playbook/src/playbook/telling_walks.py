"""A walk through a tree in words: the same for the seller's front-end and for an agent."""

from typing import Any, TypeAlias

from playbook.knowledge import find_article
from playbook.model import Playbook
from playbook.trees import Ending, Question, Tree
from playbook.walk import Step, Walk

Told: TypeAlias = dict[str, Any]


def list_trees(playbook: Playbook, issue_type: str | None, language: str) -> list[Told]:
    """List the trees of a type of issue, or all, by name; ready for JSON."""
    return [
        head(tree, language)
        for tree in sorted(playbook.trees, key=lambda one: one.tree)
        if issue_type is None or issue_type in tree.issue_types
    ]


def head(tree: Tree, language: str) -> Told:
    return {
        "tree": tree.tree,
        "version": tree.version,
        "title": tree.title.say(language),
        "issue_types": list(tree.issue_types),
    }


def tell_walk(playbook: Playbook, tree: Tree, found: Walk, language: str) -> Told:
    """Tell how far a walk came and what is next, ready for JSON."""
    return {
        **head(tree, language),
        "playbook": playbook.pin,
        "language": language,
        "node": found.node,
        "steps": [_step(tree, step, language) for step in found.steps],
        "question": _question(found.question, language) if found.question else None,
        "end": _end(playbook, found.end, language) if found.end else None,
        "unused": list(found.unused),
    }


def _step(tree: Tree, step: Step, language: str) -> Told:
    """Say a question that is behind us, and what was answered."""
    node = tree.node(step.node)
    told = {"node": step.node, "answer": step.answer, "source": step.source}
    if not isinstance(node, Question):
        return told
    said = next(one for one in node.answers if one.code == step.answer)
    return told | {"ask": node.ask.say(language), "say": said.say.say(language)}


def _question(node: Question, language: str) -> Told:
    return {
        "node": node.id,
        "ask": node.ask.say(language),
        "why": node.why.say(language) if node.why else None,
        "answers": [{"code": one.code, "say": one.say.say(language)} for one in node.answers],
    }


def _end(playbook: Playbook, end: Ending, language: str) -> Told:
    return {
        "advice": end.advice.say(language),
        "issue_type": end.issue_type,
        "root_cause": end.root_cause,
        "outcome": end.outcome,
        "evidence": [_document(playbook, kind, language) for kind in end.evidence],
        "article": _article(playbook, end.knowledge, language) if end.knowledge else None,
        "next": end.next,
    }


def _document(playbook: Playbook, kind: str, language: str) -> Told:
    known = next(one for one in playbook.taxonomy.evidence_kinds if one.kind == kind)
    return {
        "kind": kind,
        "name": known.name.say(language),
        "why": known.why.say(language),
        "standard": known.text.say(language),
    }


def _article(playbook: Playbook, article: str, language: str) -> Told | None:
    found = find_article(playbook, article, language)
    if found is None:
        return None
    return {"article": article, "title": found.article.title, "language": found.got}
