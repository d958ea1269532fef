"""The command line of every service: serve, migrate, openapi, and its own commands."""

import argparse
import asyncio
import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import orjson
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from sqlalchemy.ext.asyncio import AsyncEngine

from chassis import adopting, application, failpoint, migrate, refolding, serving, telemetry
from chassis.application import Command, Service, create_app
from chassis.background import lines_to_others
from chassis.draining import ProducerSilent
from chassis.missing import ask_for_missing
from chassis.outgoing import http_client
from chassis.settings import ServiceSettings
from chassis.subscriptions import Consumer
from chassis.taking import Reader

__all__ = ["Command", "Service", "create_app", "main"]

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)
_ANSWERS_WITHIN: Final = 10.0
# A request leaves little that counting references does not free: look ten times less often.
_GARBAGE: Final = (10_000, 20, 20)
_OWN: Final = ("serve", "migrate", "openapi", "adopt", "refold")


def main(build: Callable[[SettingsT], Service], settings_type: type[SettingsT]) -> None:
    """Do what the command line says, with what the environment sets."""
    arguments = _parser().parse_args()
    if arguments.command == "openapi":
        settings = _placeholders(settings_type)
        _print_openapi(application.openapi(build(settings), settings))
        return
    settings = _read(settings_type, arguments.role)
    failpoint.arm(settings.failpoints, stack=settings.stack)
    made = build(settings)
    _collect_from_now_on()
    telemetry.start(made.name, otlp_endpoint=settings.otlp_endpoint)
    match arguments.command:
        case "serve":
            _serve(made, settings)
        case "migrate":
            _migrate(made, settings)
        case "adopt":
            asyncio.run(_adopt(made, settings))
        case "refold":
            asyncio.run(refold(settings))
        case name:
            asyncio.run(_command(name, arguments.rest, made, settings))
    telemetry.stop()


def _collect_from_now_on() -> None:
    """What was loaded lives as long as the process: no collection walks through it again."""
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    gc.enable()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--role", help="what this process does, with commas: api,worker")
    parser.add_argument("command", nargs="?", default="serve", help=f"{', '.join(_OWN)} or its own")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def settings_from_environment() -> ServiceSettings:
    """Read what every service is told."""
    return _read(ServiceSettings, None)


def _read(settings_type: type[SettingsT], role: str | None) -> SettingsT:
    try:
        return settings_type(**({"role": role} if role else {}))  # type: ignore[arg-type] # the rest comes from the environment
    except ValidationError as error:
        wrong = sorted({"_".join(map(str, one["loc"])).upper() for one in error.errors()})
        _end(f"missing or wrong in the environment: {', '.join(wrong)}")


def _serve(made: Service, settings: ServiceSettings) -> None:
    serving.serve(create_app(made, settings), settings)


def _migrate(made: Service, settings: ServiceSettings) -> None:
    owner = settings.owner_database_url
    if owner is None:
        _end("set SELLERWORKS_OWNER_DATABASE_URL to migrate")
    asyncio.run(migrate.upgrade(made.package, owner.get_secret_value()))


async def _adopt(made: Service, settings: ServiceSettings) -> None:
    engine = application.create_engine(settings)
    try:
        adopted = await adopting.adopt(application.create_speaker(made, settings, engine))
        sys.stdout.write(f"{adopted} events taken back from the topics\n")
        asked = await _ask_others(made, settings, engine)
        sys.stdout.write(f"{asked} streams of other services asked for again\n")
    except (adopting.CannotAdopt, application.NoKafka) as error:
        _end(str(error))
    except ProducerSilent as error:
        _end(f"not all other services answer ({error}): run this again later")
    finally:
        await engine.dispose()


async def _ask_others(made: Service, settings: ServiceSettings, engine: AsyncEngine) -> int:
    """Ask for what others have said since: a restored database has forgotten that, too."""
    pen = application.create_pen(made, settings)
    readers = [
        Reader(to=c, engine=engine, pen=pen) for c in made.consumers if isinstance(c, Consumer)
    ]
    async with http_client(timeout=_ANSWERS_WITHIN) as client:
        ask, heads = lines_to_others(settings, client)
        return sum([await ask_for_missing(by=one, heads=heads, ask=ask) for one in readers])


async def refold(settings: ServiceSettings) -> None:
    """Build what a service knows of its cases anew from the log, and say what differed."""
    try:
        done = await refolding.refold_from_topic(settings)
    except application.NoKafka as error:
        _end(str(error))
    sys.stdout.write(f"{done.cases} cases from {done.events} events, {done.changed} changed\n")
    sys.stdout.writelines(f"left as it is: {case}\n" for case in done.left)


async def _command(
    name: str, rest: Sequence[str], made: Service, settings: ServiceSettings
) -> None:
    command = made.commands.get(name)
    if command is None:
        _end(f"{name}: no such command; there are {', '.join((*_OWN, *made.commands))}")
    engine = application.create_engine(settings)
    try:
        await command(rest, engine=engine, pen=application.create_pen(made, settings))
    finally:
        await engine.dispose()


def _print_openapi(document: dict[str, Any]) -> None:
    written = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    sys.stdout.buffer.write(written + b"\n")


def _placeholders(settings_type: type[SettingsT]) -> SettingsT:
    """Make settings good enough to describe a service: nothing of them is opened."""
    missing = {
        name: _placeholder(name, field)
        for name, field in settings_type.model_fields.items()
        if field.is_required()
    }
    return settings_type(**({"playbooks": Path("playbooks")} | missing))


def _placeholder(name: str, field: FieldInfo) -> Any:  # noqa: ANN401 - of the field's own type
    known = {"service": "unnamed", "port": 0, "playbooks": Path("playbooks")}
    if name in known:
        return known[name]
    return Path("unused") if field.annotation is Path else "unused"


def _end(sentence: str) -> NoReturn:
    raise SystemExit(sentence)
