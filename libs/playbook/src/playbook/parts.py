"""Which files a playbook has, and what each of them is read as."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import BaseModel

from playbook.assets import (
    Calendars,
    Checklist,
    ContractFile,
    Escalation,
    Guardrails,
    Region,
    Template,
)
from playbook.clock_rules import Sla
from playbook.documents import Document, read_article, read_document, read_letter
from playbook.examples import Example, ExampleSet
from playbook.model import Card
from playbook.policies import Routing, Severity, Taxonomy, Teams
from playbook.retention import Retention
from playbook.trees import Article, Tree

_Reader: TypeAlias = Callable[[str, str], Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Which files make a part, and of what kind it is."""

    name: str
    pattern: str
    model: type[BaseModel]
    many: bool = False
    read: _Reader = read_document


PARTS = (
    Part(name="card", pattern="playbook.yaml", model=Card),
    Part(name="taxonomy", pattern="taxonomy.yaml", model=Taxonomy),
    Part(name="teams", pattern="teams.yaml", model=Teams),
    Part(name="severity", pattern="severity.yaml", model=Severity),
    Part(name="routing", pattern="routing.yaml", model=Routing),
    Part(name="sla", pattern="sla.yaml", model=Sla),
    Part(name="escalation", pattern="escalation.yaml", model=Escalation),
    Part(name="calendars", pattern="calendars.yaml", model=Calendars),
    Part(name="guardrails", pattern="guardrails.yaml", model=Guardrails),
    Part(name="retention", pattern="retention.yaml", model=Retention),
    Part(name="handoffs", pattern="handoffs/*.yaml", model=ContractFile, many=True),
    Part(name="checklists", pattern="checklists/*.yaml", model=Checklist, many=True),
    Part(
        name="templates", pattern="templates/**/*.md", model=Template, many=True, read=read_letter
    ),
    Part(name="regions", pattern="regions/*.yaml", model=Region, many=True),
    Part(name="trees", pattern="trees/*.yaml", model=Tree, many=True),
    Part(name="knowledge", pattern="knowledge/*/*.md", model=Article, many=True, read=read_article),
    Part(name="golden", pattern="golden/*.yaml", model=Example, many=True),
    Part(name="golden_sets", pattern="golden/sets/*.yaml", model=ExampleSet, many=True),
)
