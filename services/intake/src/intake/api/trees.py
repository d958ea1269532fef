"""Decision trees, walked question by question: agents and sellers read the same file."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Body, Depends, Path, Query
from pydantic import Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action
from chassis.door import Tx
from chassis.problems import FieldError, Invalid, NotFound
from chassis.words import Code
from intake.api.forms import READ_FORMS, WhichMarketplace, playbook_of
from intake.api.state import READ, GivenKit
from intake.domain.paths import walk_case
from playbook.model import pinned
from playbook.telling_walks import list_trees, tell_walk
from playbook.walk import AnswersInvalid, walk

READ_TREES: Final = Action("tree.read", READ_FORMS.grants)
EXAMPLE: Final = {"answers": {"about": "restricted_product", "sold_it": "no"}}

router = APIRouter(prefix="/v1", tags=["trees"])

_Answers = Annotated[
    dict[Code, Code],
    Field(
        default_factory=dict,
        max_length=100,
        description="The code of an answer by the node that asked; empty to begin.",
        examples=[EXAMPLE["answers"]],
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: in which language if there are texts in it, and where."""

    language: str
    region: str


def reader(
    language: Annotated[
        Code, Query(description="BCP 47; falls back to the region's first.")
    ] = "en",
    region: Annotated[
        Code, Query(description="UK, DE …; unknown ones get the default region.")
    ] = "UK",
) -> Reader:
    return Reader(language=language, region=region)


_Reader = Annotated[Reader, Depends(reader)]


class Walking(http.RequestModel):
    """What is answered beside what was kept for the case; this request itself keeps nothing."""

    answers: _Answers


class TreeHead(http.ResponseModel):
    tree: str = Field(description="Its code.")
    version: int = Field(description="Its version.")
    title: str = Field(description="What it helps with.")
    issue_types: list[str] = Field(description="Cases of which types it is for.")


class Trees(http.ResponseModel):
    items: list[TreeHead] = Field(description="By name.")


class Answered(http.ResponseModel):
    node: str = Field(description="The question's code.")
    ask: str = Field(description="The question.")
    answer: str = Field(description="The answer's code.")
    say: str = Field(description="The answer.")
    source: str = Field(
        description="fact: the case says so itself; kept: whoever works it has answered; answer: "
        "it was answered in this request."
    )


class Choice(http.ResponseModel):
    code: str = Field(description="What to answer with.")
    say: str = Field(description="The same in words.")


class NextQuestion(http.ResponseModel):
    node: str = Field(description="Its code: the key of the answer.")
    ask: str = Field(description="What to ask.")
    why: str | None = Field(description="Why it is asked.")
    answers: list[Choice] = Field(description="What can be answered.")


class Wanted(http.ResponseModel):
    kind: str = Field(description="Kind of evidence.")
    name: str = Field(description="What it is called.")
    why: str = Field(description="Why it is needed.")
    standard: str = Field(description="What will be accepted.")


class ToRead(http.ResponseModel):
    article: str = Field(description="Its code.")
    title: str = Field(description="Its title.")
    language: str = Field(description="The language it is in.")


class End(http.ResponseModel):
    advice: str = Field(description="The one thing to do, as the seller reads it.")
    issue_type: str | None = Field(description="What such a case is really about.")
    root_cause: str | None = Field(description="What is behind it.")
    outcome: str | None = Field(description="How such a case ends.")
    evidence: list[Wanted] = Field(description="What to send.")
    article: ToRead | None = Field(description="What to read.")
    next: str | None = Field(description="What is done next: claim, request_evidence, decide …")


class Walked(TreeHead):
    playbook: str = Field(description="The playbook that the tree comes from.")
    language: str = Field(description="The language of the texts.")
    node: str = Field(description="Where the walk stands.")
    steps: list[Answered] = Field(description="What is behind it, in order.")
    question: NextQuestion | None = Field(description="What to ask next; null at an end.")
    end: End | None = Field(description="Where it led; null while a question is open.")
    unused: list[str] = Field(description="Answers to questions that are not on this way.")


@router.get("/trees", summary="List the decision trees")
async def list_all(
    call: Annotated[http.Call, Depends(http.calling(READ_TREES))],
    kit: GivenKit,
    who: _Reader,
    issue_type: Annotated[Code | None, Query(description="Only those for this type.")] = None,
    marketplace: WhichMarketplace = None,
) -> Trees:
    playbook = playbook_of(call, kit, marketplace)
    spoken = playbook.language_for(who.language, who.region)
    return Trees.model_validate({"items": list_trees(playbook, issue_type, spoken)})


@router.post("/trees/{tree}/walk", summary="Walk a decision tree")
async def walk_tree(
    tree: Annotated[Code, Path(description="The tree.", examples=["one_path_after_a_decision"])],
    body: Annotated[Walking, Body(examples=[EXAMPLE])],
    call: Annotated[
        http.Call, Depends(http.calling(READ_TREES, transient=True, raises=(Invalid,)))
    ],
    kit: GivenKit,
    who: _Reader,
    marketplace: WhichMarketplace = None,
) -> Walked:
    """Answer with the next question, or with the end. The same answers always lead there."""
    playbook = playbook_of(call, kit, marketplace)
    found = playbook.tree(tree)
    if found is None:
        raise NotFound
    try:
        walked = walk(playbook, tree, body.answers, {})
    except AnswersInvalid as error:
        raise _refused(error) from error
    spoken = playbook.language_for(who.language, who.region)
    return Walked.model_validate(tell_walk(playbook, found, walked, spoken))


@router.post("/cases/{case_id}/walk", response_model=Walked, summary="Walk the tree of a case")
async def walk_tree_of_case(
    case_id: http.CaseId,
    body: Annotated[Walking, Body(examples=[{"answers": {}}])],
    call: Annotated[http.Call, Depends(http.calling(READ, transient=True, raises=(Invalid,)))],
    kit: GivenKit,
    language: Annotated[
        Code | None, Query(description="BCP 47; by default the seller's own.")
    ] = None,
) -> Response:
    """
    Walk the one tree that its playbook has for cases like it.

    What the case says is not asked, nor what whoever works it has answered, which
    `POST /v1/cases/{id}/answers` of resolution keeps; neither is answered otherwise here.

    The seller and whoever works the case are told the same. 404 where there is no such tree.
    """

    async def work(tx: Tx) -> Walked:
        state = tx.views[case_id].state
        playbook = pinned(kit.playbooks, state.playbook)
        try:
            found = walk_case(playbook, state, body.answers)
        except AnswersInvalid as error:
            raise _refused(error) from error
        if found is None:
            raise NotFound(case_id)
        seller = state.seller
        spoken = playbook.language_for(language or seller.language, seller.region)
        return Walked.model_validate(tell_walk(playbook, *found, spoken))

    return await call.read(work, case=case_id)


def _refused(error: AnswersInvalid) -> Invalid:
    return Invalid([FieldError(one.pointer, one.code, one.detail) for one in error.problems])
