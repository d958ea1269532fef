"""A new issue type with marked places: what to write where, so that lint can ask for the rest."""

from collections.abc import Mapping
from typing import Final

import yaml

from playbook.closed import DEFAULT_LANGUAGE
from playbook.marks import MARK
from playbook.model import ANY_OTHER, Playbook

_WIDE: Final = 10_000


class NoPlace(Exception):
    """A file has no place for the new part; the message says what to do."""


def skeleton(playbook: Playbook, code: str, files: Mapping[str, str]) -> dict[str, str]:
    """
    Write what a new issue type needs: whole files by name, those that are there with it added.

    `files` are `taxonomy.yaml` and `routing.yaml` as they are, comments and all. What only a
    person knows is marked. Raises NoPlace.
    """
    return {
        "taxonomy.yaml": _insert(
            "taxonomy.yaml", files["taxonomy.yaml"], "issue_types", _issue_type(playbook, code)
        ),
        "routing.yaml": _insert(
            "routing.yaml", files["routing.yaml"], "tables", _routing(playbook, code)
        ),
        f"checklists/{code}.yaml": _checklist(playbook, code),
        f"golden/{code}.yaml": _golden(playbook, code),
    }


def _issue_type(playbook: Playbook, code: str) -> str:
    families = [family.code for family in playbook.taxonomy.families]
    kinds = ", ".join(kind.kind for kind in playbook.taxonomy.evidence_kinds)
    return f"""\
- code: {code}
  family: {families[0]}  # or another of: {", ".join(families)}
  name: {_words(playbook, "what sellers call it")}
  symptom: {MARK}.what_the_seller_notices
  authority_level: 1  # 0 anybody may decide, 4 only the council
  perspectives: [seller]  # and buyer, integrity, whoever it touches
  # What a form asks. Add amounts, dates, codes; a text needs a `class`, since it is sealed.
  facts:
    - {{name: reference, type: identifier, identity: true, question: \
{_words(playbook, "the question that asks which one it is about")}}}
  evidence: []  # what helps to decide, of: {kinds}
"""


def _routing(playbook: Playbook, code: str) -> str:
    otherwise = playbook.routing.default
    queues = ", ".join(queue.id for queue in playbook.teams.queues)
    return f"""\
- issue_types: [{code}]
  hit_policy: first
  rows: []
  default:
    rule: {code}_default
    queue: {otherwise.queue}  # or another of: {queues}
    reason: {_inner("why these people should have it")}
    owner: {otherwise.owner}
"""


def _checklist(playbook: Playbook, code: str) -> str:
    actions = [
        _flow(row.model_dump(mode="json", exclude_defaults=True))
        for row in playbook.checklist(ANY_OTHER).actions
    ]
    lines = "\n".join(f"  - {action}" for action in actions)
    return f"""\
# What must be true before it is decided, and what to do next, in this order.
issue_type: {code}
version: 1
items:
  - {{item: {MARK}.a_code_for_what_must_be_true, text: {_inner("what must be true")}}}
actions:
{lines}
"""


def _golden(playbook: Playbook, code: str) -> str:
    card, taxonomy = playbook.card, playbook.taxonomy
    return f"""\
name: {code}
why: "{MARK} what this case shows"
case:
  marketplace: {card.marketplaces[0].id}
  issue_type: {code}
  tier: {taxonomy.tiers[0]}
  region: {card.default_region}
  language: en
  opened_at: {card.effective_from}T10:00:00Z
  subject: ""
  facts: {{}}
expect:
  issue_type: {code}
  queue: {playbook.routing.default.queue}
"""


def _words(playbook: Playbook, asked: str) -> str:
    languages = dict.fromkeys((DEFAULT_LANGUAGE, *playbook.guardrails.languages))
    return _flow({language: f"{MARK} {asked}, in {language}" for language in languages})


def _inner(asked: str) -> str:
    """Colleagues read it, so English is enough."""
    return _flow({DEFAULT_LANGUAGE: f"{MARK} {asked}, in {DEFAULT_LANGUAGE}"})


def _flow(value: object) -> str:
    return yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=_WIDE
    ).strip()


def _insert(file: str, text: str, key: str, part: str) -> str:
    """Add an item to a list of a file, below its last one and indented as that is."""
    node = yaml.compose(text, yaml.CSafeLoader)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    items = next((value for name, value in pairs if name.value == key), None)
    if items is None or not items.value or items.flow_style:
        raise NoPlace(f"{file}: write the first item of `{key}` by hand, on a line of its own")
    indent = " " * (items.value[0].start_mark.column - len("- "))
    lines = text.splitlines(keepends=True)
    below = _end_of(items.value[-1])
    added = [f"{indent}{line}\n" for line in part.splitlines()]
    return "".join([*lines[:below], *added, *lines[below:]])


def _end_of(node: yaml.Node) -> int:
    """Count the lines down to the end of what a node says, blank lines and comments left out."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        return _end_of(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        return _end_of(node.value[-1])
    return node.end_mark.line + (node.end_mark.column > 0)
