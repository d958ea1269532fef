"""What the `stack` command prints: where everything is, who there is, what to do next."""

from collections.abc import Mapping
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table

from stack.seed import IDENTITIES, Identity
from stack.services import SERVICES, url
from stack.stacks import Stack

_TITLES = {
    "vault": "opens what is sealed",
    "intake": "files cases, takes evidence",
    "router": "classifies, routes, assigns",
    "resolution": "works and decides cases",
    "handoff": "asks partner teams",
    "sla-monitor": "keeps the clocks",
    "audit": "proves what happened",
}


_PLAIN_WIDTH = 120


def console_for(stream: TextIO) -> Console:
    """Write to a terminal as wide as it is, and to anything else 120 columns wide."""
    width = None if stream.isatty() else _PLAIN_WIDTH
    return Console(file=stream, width=width, highlight=False)


def ready(console: Console, stack: Stack, *, seconds: float) -> None:
    console.print(f"\nEverything is ready after {seconds:.0f} s.\n")
    make = stack.layout.make
    where(console, stack)
    identities(console)
    console.print(
        f"\nNext: [bold]{make('demo')}[/] tells the first road."
        f" `{make('token WHO=mara')}` prints a token, `{make('logs')}` shows what happens,"
        f" `{make('down')}` stops everything.",
        soft_wrap=True,
    )


def where(console: Console, stack: Stack) -> None:
    ports = stack.layout.ports
    table = _table("what runs", "where", "what it does")
    for service in SERVICES:
        address = url(stack.layout, service.port_offset)
        table.add_row(service.name, f"{address}/docs", _TITLES[service.name])
    table.add_row("issuer", stack.issuer_url, "gives tokens to the identities below")
    table.add_row("kafka", stack.kafka, "carries the events")
    table.add_row("postgres", f"127.0.0.1:{ports.postgres}", "keeps a database a service")
    console.print(table)
    console.print(f"Data, keys and logs: {stack.folder}", soft_wrap=True)


def identities(console: Console) -> None:
    table = _table("identity", "role", "marketplaces", "team", "authority")
    for one in IDENTITIES.values():
        if one.service is None:
            table.add_row(*_row(one))
    console.print(table)


def processes(console: Console, status: Mapping[str, Mapping[str, Any]]) -> None:
    table = _table("process", "state", "pid", "restarts")
    for name, now in status.items():
        table.add_row(name, str(now["state"]), str(now["pid"] or "-"), str(now["restarts"]))
    console.print(table)


def _row(one: Identity) -> tuple[str, ...]:
    return (
        one.login,
        ", ".join(one.roles),
        ", ".join(one.marketplaces),
        ", ".join(one.teams) or "-",
        str(one.authority or "-"),
    )


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    first, *others = columns
    table.add_column(first, no_wrap=True)
    for column in others:
        table.add_column(column, overflow="fold")
    return table
