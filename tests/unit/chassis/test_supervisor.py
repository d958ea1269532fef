"""Background work that fails and is begun again."""

import asyncio

from chassis.supervisor import Supervisor


class TestKeep:
    async def test_begins_again_after_a_failure_and_says_so(self) -> None:
        supervisor = Supervisor()
        seen: list[dict[str, str]] = []

        async def fail_twice() -> None:
            seen.append(dict(supervisor.ailing))
            if len(seen) < 3:
                raise LookupError("no")
            supervisor.stopping.set()

        async with asyncio.timeout(10):
            await supervisor.keep("relay", fail_twice)

        assert seen == [{}, {"relay": "LookupError: no"}, {"relay": "LookupError: no"}]

    async def test_begins_again_when_a_library_gives_up_what_it_waits_for(self) -> None:
        supervisor = Supervisor()
        attempts: list[int] = []

        async def wait_for_what_is_given_up() -> None:
            attempts.append(1)
            if len(attempts) == 2:
                supervisor.stopping.set()
                return
            given_up = asyncio.get_running_loop().create_future()
            given_up.cancel()
            await given_up

        async with asyncio.timeout(10):
            await supervisor.keep("relay", wait_for_what_is_given_up)

        assert attempts == [1, 1]

    async def test_ends_when_it_is_cancelled(self) -> None:
        supervisor = Supervisor()

        async def go_on() -> None:
            await supervisor.stopping.wait()

        keeping = asyncio.create_task(supervisor.keep("relay", go_on))
        await asyncio.sleep(0)

        keeping.cancel()
        await asyncio.wait([keeping], timeout=10)

        assert keeping.cancelled()

    async def test_is_well_again_when_the_work_goes_on(self) -> None:
        supervisor = Supervisor()
        attempts: list[int] = []

        async def fail_once() -> None:
            attempts.append(1)
            if len(attempts) == 1:
                raise LookupError
            await supervisor.stopping.wait()

        keeping = asyncio.create_task(supervisor.keep("relay", fail_once))
        async with asyncio.timeout(10):
            while len(attempts) < 2 or supervisor.ailing:
                await asyncio.wait([keeping], timeout=0.05)
            supervisor.stopping.set()
            await keeping

        assert supervisor.ailing == {}
