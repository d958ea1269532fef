"""A case whose playbook's version is not here any more, and what that has to look like."""

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

GONE = "marketplace-core@9.9.9"
_LOSE = """
update case_view set playbook = :pin, state = jsonb_set(state, '{playbook}', to_jsonb(:pin ::text))
"""


async def lose_the_playbook(engine: AsyncEngine) -> None:
    """Pin every case of a service to a version that it does not have."""
    async with engine.begin() as connection:
        await connection.execute(text(_LOSE), {"pin": GONE})


def assert_names_it(answer: httpx.Response) -> None:
    """Hold an answer to the problem that says which version is missing, and what to do."""
    said = answer.json()
    assert (answer.status_code, said["code"], said["retryable"]) == (503, "unavailable", True)
    assert said["playbook"] == GONE
    assert "SELLERWORKS_PLAYBOOKS" in said["detail"]
    assert answer.headers["retry-after"]
