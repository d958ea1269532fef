"""The ceiling: an endpoint that writes one row and one outbox row in one statement, and no more."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import uuid4

import asyncpg
import orjson
import uvicorn
from fastapi import Body, FastAPI, Request

TABLES = """
create table cases (id uuid primary key, marketplace text not null, body jsonb not null);
create table outbox (
    id bigint generated always as identity primary key, topic text not null, payload jsonb not null
)
"""
_ADD = """
with added as (
    insert into cases (id, marketplace, body) values ($1, $2, $3::jsonb) returning body
)
insert into outbox (topic, payload) select 'cases.v1', body from added
"""
_POOL = 10


@asynccontextmanager
async def _with_pool(app: FastAPI) -> AsyncIterator[None]:
    url = os.environ["BENCH_DATABASE"]
    async with asyncpg.create_pool(url, min_size=_POOL, max_size=_POOL) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_with_pool, openapi_url=None)


@app.post("/v1/cases", status_code=201)
async def post_case(body: Annotated[dict[str, Any], Body()], request: Request) -> dict[str, str]:
    number = uuid4()
    await request.app.state.pool.execute(
        _ADD, number, body["marketplace"], orjson.dumps(body).decode()
    )
    return {"id": str(number)}


def main() -> None:
    """Serve as the services do: the same server with the same flags."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["BENCH_PORT"]),
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        limit_concurrency=512,
    )


if __name__ == "__main__":
    main()
