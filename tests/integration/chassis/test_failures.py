"""What kind of failure an error is: real errors of a real PostgreSQL."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import Integer, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bells import BY_TEST, pen_of
from chassis.door import Tx, open_door
from chassis.failures import Kind, classify, describe

PORCH = pen_of("porch")
Doing = Callable[[Tx], Awaitable[object]]


async def _terminated(tx: Tx) -> None:
    await (await tx.raw()).execute("select pg_terminate_backend(pg_backend_pid())")


async def _terminated_by_sqlalchemy(tx: Tx) -> None:
    await tx.execute(text("select pg_terminate_backend(pg_backend_pid())"))


async def _gone_before(tx: Tx) -> None:
    (await tx.raw()).terminate()
    await (await tx.raw()).execute("select 1")


async def _gone_before_by_sqlalchemy(tx: Tx) -> None:
    (await tx.raw()).terminate()
    await tx.execute(text("select 1"))


async def _wrong_type(tx: Tx) -> None:
    await (await tx.raw()).fetch("select $1::int", "no number")


async def _wrong_type_by_sqlalchemy(tx: Tx) -> None:
    await tx.execute(select(bindparam("x", type_=Integer)), {"x": "no number"})


async def _nul(tx: Tx) -> None:
    await (await tx.raw()).fetch("select $1::text", "a\x00b")


async def _null(tx: Tx) -> None:
    await (await tx.raw()).execute("insert into inbox_subject values ('a', 'b', null)")


async def _repeated(tx: Tx) -> None:
    await tx.execute(text("insert into inbox_subject values ('a', 'b', true), ('a', 'b', true)"))


async def _too_slow(tx: Tx) -> None:
    await (await tx.raw()).execute("set local statement_timeout = 10")
    await tx.execute(text("select pg_sleep(5)"))


async def _no_table(tx: Tx) -> None:
    await tx.execute(text("select * from nowhere"))


async def _no_row(tx: Tx) -> None:
    (await tx.execute(text("select 1 where false"))).one()


async def error_of(engine: AsyncEngine, doing: Doing) -> Exception:
    try:
        async with open_door(engine, pen=PORCH, journey=BY_TEST) as tx:
            await doing(tx)
    except Exception as error:  # noqa: BLE001 - which one it is, is the question
        return error
    raise AssertionError("it went well")


class TestClassify:
    @pytest.mark.parametrize(
        ("doing", "kind"),
        [
            (_terminated, Kind.SYSTEMIC),
            (_terminated_by_sqlalchemy, Kind.SYSTEMIC),
            (_gone_before, Kind.SYSTEMIC),
            (_gone_before_by_sqlalchemy, Kind.SYSTEMIC),
            (_wrong_type, Kind.PERMANENT),
            (_wrong_type_by_sqlalchemy, Kind.PERMANENT),
            (_nul, Kind.PERMANENT),
            (_null, Kind.PERMANENT),
            (_repeated, Kind.PERMANENT),
            (_too_slow, Kind.TRANSIENT),
            (_no_table, Kind.TRANSIENT),
            (_no_row, Kind.TRANSIENT),
        ],
        ids=lambda value: getattr(value, "__name__", None),
    )
    async def test_tells_a_records_own_failure_from_what_would_meet_any(
        self, engine: AsyncEngine, doing: Doing, kind: Kind
    ) -> None:
        assert classify(await error_of(engine, doing)) is kind


class TestDescribe:
    async def test_repeats_no_value(self, engine: AsyncEngine) -> None:
        async def repeat_a_secret(tx: Tx) -> None:
            for _ in range(2):
                await (await tx.raw()).execute(
                    "insert into inbox_subject values ('hall', 'canary-4711', true)"
                )

        described = describe(await error_of(engine, repeat_a_secret))

        assert described == "UniqueViolationError 23505 inbox_subject_pkey"
