"""The `stack` command: the whole system on this machine."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.console import Console

from stack import logs, show
from stack.broken import StackProblem
from stack.layout import block_ports, default_ports, layout_of, make_home
from stack.preflight import check_machine
from stack.seed import IDENTITIES
from stack.stacks import (
    ALL_SERVICES,
    Stack,
    Starting,
    Wish,
    forget,
    is_running,
    keep_ports,
    kept_ports,
    leave,
)
from stack.story.demo import tell
from stack.topics import create_topics

_INTERRUPTED = 130

Name = Annotated[
    str, typer.Option("--name", envvar="STACK_NAME", help="Which stack of this checkout.")
]
PortBase = Annotated[
    int | None,
    typer.Option(envvar="STACK_PORT_BASE", help="First of 20 ports, instead of the usual ones."),
]
Which = Annotated[str | None, typer.Argument(help="One process; all unless given.")]

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
console, problems = Console(highlight=False), Console(highlight=False, stderr=True)


def main() -> None:
    """Run the command; what is wrong is one sentence and exit code 1."""
    try:
        app()
    except StackProblem as problem:
        problems.print(str(problem), style="red", markup=False, soft_wrap=True)
        sys.exit(1)


@app.command()
def up(
    name: Name = "main",
    port_base: PortBase = None,
    *,
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Stay, show all logs, and end with Ctrl-C.")
    ] = False,
    without: Annotated[
        list[str] | None, typer.Option(help="Leave out a service, to run it in a debugger.")
    ] = None,
) -> None:
    """Start everything, or say that it runs; returns when every process is ready."""
    make_home()
    stack = _stack(name, port_base)
    if is_running(stack.layout):
        console.print("The stack is running already.")
        show.where(console, stack)
        return
    check_machine(stack.layout)
    keep_ports(stack.layout)
    services = [name for name in ALL_SERVICES if name not in (without or ())]
    _start(stack, services, foreground=foreground)


@app.command()
def down(name: Name = "main") -> None:
    """Stop everything; the data stays."""
    stack = _stack(name)
    if not is_running(stack.layout):
        console.print("No stack is running.")
        return
    with console.status("stopping …"):
        leave(stack.layout)
    console.print("Stopped. `make up` finds its data again; `make reset` forgets it.")


@app.command()
def reset(name: Name = "main") -> None:
    """Stop everything and delete all data of this stack; the downloads stay."""
    stack = _stack(name)
    if is_running(stack.layout):
        leave(stack.layout)
    forget(stack.layout)
    console.print("Forgotten. `make up` starts from nothing.")


@app.command()
def status(name: Name = "main") -> None:
    """Show every process: how it is, its id, and how often it was restarted."""
    show.processes(console, _stack(name).status())


@app.command("logs")
def show_logs(
    process: Which = None,
    name: Name = "main",
    *,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Show the end of the logs."""
    folder = _stack(name).layout.logs
    if process is not None and process not in logs.names(folder):
        raise StackProblem(
            f"There is no log of {process}; there are: {', '.join(logs.names(folder))}."
        )
    logs.show_last(folder, [process] if process else logs.names(folder), console)
    if follow:
        chosen = (lambda: [process]) if process else (lambda: logs.names(folder))
        _until_interrupted(lambda: logs.follow(folder, chosen, console, while_=lambda: True))


@app.command()
def token(
    identity: Annotated[str, typer.Argument(help="A demonstration identity, `mara` for instance.")],
    name: Name = "main",
) -> None:
    """Print a bearer token, good for ten minutes."""
    if identity not in IDENTITIES:
        raise StackProblem(f"Nobody is called {identity}; there are: {', '.join(IDENTITIES)}.")
    stack = _stack(name)
    if not stack.keys.issuer.exists():
        raise StackProblem("No stack has run here yet: start it with `make up`.")
    print(stack.token(identity))


@app.command()
def demo(name: Name = "main") -> None:
    """Tell the first road in the running system; fails when a line does not come true."""
    stack = _stack(name)
    stack.status()
    if not tell(stack, lambda line: console.print(line, markup=False, soft_wrap=True)):
        raise typer.Exit(1)


@app.command()
def topics(
    kafka: Annotated[str, typer.Option(help="Bootstrap server, `host:port`.")],
    prefix: Annotated[str, typer.Option(help="Put before every name, on shared clusters.")] = "",
) -> None:
    """Create the topics that are missing in any cluster."""
    made = asyncio.run(create_topics(kafka, prefix=prefix))
    console.print("\n".join(made) or "All topics are there.")


@app.command()
def kill(process: str, name: Name = "main") -> None:
    """SIGKILL one process; the supervisor starts it again."""
    stack = _stack(name)
    stack.kill(process)
    stack.wait_until_ready(process)
    console.print(f"{process} was killed and is ready again.")


def _start(stack: Stack, services: Sequence[str], *, foreground: bool) -> None:
    began = time.monotonic()

    def say(step: str) -> None:
        console.print(f"  [green]✓[/] {step}  [dim]{time.monotonic() - began:.1f} s[/]")

    try:
        with Starting.begin(stack, Wish(services=services)) as starting:
            with console.status("starting … (the first time also downloads Kafka)"):
                starting.follow(say)
            if not foreground:
                starting.let_stay()
            show.ready(console, stack, seconds=time.monotonic() - began)
            if foreground:
                _attend(starting)
    except KeyboardInterrupt:
        console.print("Interrupted: everything is down again.")
        raise typer.Exit(_INTERRUPTED) from None


def _attend(starting: Starting) -> None:
    folder = starting.stack.layout.logs
    logs.follow(folder, lambda: logs.names(folder), console, while_=starting.is_alive)


def _until_interrupted(work: Callable[[], None]) -> None:
    try:
        work()
    except KeyboardInterrupt:
        return


def _stack(name: str, port_base: int | None = None) -> Stack:
    """Find a stack by its name, where it was last started unless told otherwise."""
    usual = block_ports(port_base) if port_base else default_ports()
    placed = layout_of(name, usual)
    kept = None if port_base else kept_ports(placed.folder)
    return Stack(layout=layout_of(name, kept) if kept else placed)
