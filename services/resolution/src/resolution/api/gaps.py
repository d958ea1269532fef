"""Which articles sellers wanted in a language in which they do not exist."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from chassis import http
from chassis.auth import Action, Scope
from chassis.door import Tx
from chassis.paging import Key
from chassis.problems import FieldError, Invalid
from chassis.words import Code
from playbook.knowledge import find_article
from playbook.model import for_marketplace
from resolution.api.access import playbooks_of
from resolution.store import knowledge_gaps
from resolution.store.knowledge_gaps import Gap

LIST: Final = Action(
    "knowledge.gaps",
    {
        "supervisor": Scope.MARKETPLACE,
        "policy_owner": Scope.MARKETPLACE,
        "council": Scope.MARKETPLACE,
        "compliance": Scope.MARKETPLACE,
    },
)

router = APIRouter(prefix="/v1", tags=["letters"])


class GapOut(http.ResponseModel):
    """An article that a language lacks, by how often it was missed."""

    marketplace: str = Field(description="Where.")
    article: str = Field(description="The article.")
    language: str = Field(description="The language that it lacks: the sellers'.")
    letters: int = Field(description="Letters that gave it in another language.")
    cases: int = Field(description="In how many cases.")
    first_at: AwareDatetime = Field(description="When it was missed first.")
    last_at: AwareDatetime = Field(description="When it was missed last.")
    is_open: bool = Field(description="Whether the newest playbook here lacks it still.")


@router.get(
    "/knowledge-gaps",
    response_model=http.Page[GapOut],
    summary="List articles that a language lacks",
)
async def list_gaps(
    wanted: http.PageWanted,
    call: Annotated[http.Call, Depends(http.calling(LIST))],
    language: Annotated[Code | None, Query(description="Only this language.")] = None,
) -> Response:
    """By article and language, in the order of their names; of the caller's marketplaces."""

    async def work(tx: Tx) -> http.Page[GapOut]:
        rows = await knowledge_gaps.find_page(
            tx,
            marketplaces=call.principal.marketplaces,
            language=language,
            after=_names(wanted.after),
            limit=wanted.limit + 1,
        )
        return wanted.page(
            rows,
            key=lambda row: (row.marketplace, row.article, row.language),
            item=lambda row: _shown(call, row),
        )

    return await call.read(work)


def _names(key: Key | None) -> tuple[str, str, str] | None:
    match key:
        case None:
            return None
        case [str(marketplace), str(article), str(language)]:
            return marketplace, article, language
        case _:
            detail = "use `next` of the page before"
            raise Invalid([FieldError("/query/cursor", "cursor", detail)])


def _shown(call: http.Call, gap: Gap) -> GapOut:
    newest = for_marketplace(playbooks_of(call), gap.marketplace)
    found = find_article(newest, gap.article, gap.language) if newest else None
    return GapOut(
        marketplace=gap.marketplace,
        article=gap.article,
        language=gap.language,
        letters=gap.letters,
        cases=gap.cases,
        first_at=gap.first_at,
        last_at=gap.last_at,
        is_open=found is None or not found.is_translated,
    )
