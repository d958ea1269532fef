"""The `stack` command: the whole system on this machine."""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

from stack import logs, show
from stack.broken import AlreadyRunning, StackProblem
from stack.errands import run_errand
from stack.joining import join, require_reachable
from stack.layout import (
    MOST_REPLICAS,
    block_ports,
    default_ports,
    kept_ports,
    layout_of,
    make_home,
)
from stack.leaving import forget, is_running, leave
from stack.names import checked_base, checked_name
from stack.preflight import check_machine
from stack.seed import IDENTITIES
from stack.services import missing_replica
from stack.stacks import ALL_SERVICES, Stack
from stack.starting import Starting, Wish
from stack.story.demo import tell
from stack.topics import create_topics

_INTERRUPTED = 130

Name = Annotated[
    str, typer.Option("--name", envvar="STACK_NAME", help="Which stack of this checkout.")
]
PortBase = Annotated[
    str | None,
    typer.Option(envvar="STACK_PORT_BASE", help="First of 20 ports, instead of the usual ones."),
]
Which = Annotated[str | None, typer.Argument(help="One process; all unless given.")]

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
console, problems = show.console_for(sys.stdout), show.console_for(sys.stderr)


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
    replicas: Annotated[
        int,
        typer.Option(min=1, max=MOST_REPLICAS, envvar="STACK_REPLICAS", help="Of each service."),
    ] = 1,
    split: Annotated[
        bool, typer.Option("--split", help="Run each service's HTTP and its consuming apart.")
    ] = False,
) -> None:
    """Start everything, or say that it runs; returns when every process is ready."""
    base = None if port_base is None else checked_base(port_base)
    stack = _stack(name, base)
    make_home()
    services = [name for name in ALL_SERVICES if name not in (without or ())]
    wish = Wish(services=services, replicas=replicas, split=split)
    while not (_joined(stack, base, replicas) or _started(stack, wish, foreground=foreground)):
        # Somebody else began to start it between our look and our start: look again.
        continue


@app.command()
def down(name: Name = "main") -> None:
    """Stop everything; the data stays."""
    stack = _stack(name)
    if not is_running(stack.layout):
        console.print("No stack is running.")
        return
    with console.status("stopping …"):
        leave(stack.layout)
    make = stack.layout.make
    console.print(f"Stopped. `{make('up')}` finds its data again; `{make('reset')}` forgets it.")


@app.command()
def reset(name: Name = "main") -> None:
    """Stop everything and delete all data of this stack; the downloads stay."""
    stack = _stack(name)
    if is_running(stack.layout):
        leave(stack.layout)
    forget(stack.layout)
    console.print(f"Forgotten. `{stack.layout.make('up')}` starts from nothing.")


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
    lines: Annotated[
        int | None,
        typer.Option("-n", "--lines", min=1, help="So many of each; into a pipe else all of them."),
    ] = None,
) -> None:
    """Show the end of the logs, or all of them to whatever reads a pipe."""
    folder = _stack(name).layout.logs
    if process is not None and process not in logs.names(folder):
        raise StackProblem(
            f"There is no log of {process}; there are: {', '.join(logs.names(folder))}."
        )
    chosen_now = [process] if process else logs.names(folder)
    logs.show_last(folder, chosen_now, console, lines=lines)
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
        up = stack.layout.make("up")
        raise StackProblem(f"No stack has run here yet: start it with `{up}`.")
    print(stack.token(identity))


@app.command()
def demo(name: Name = "main") -> None:
    """Tell the first road in the running system; fails when a line does not come true."""
    stack = _stack(name)
    require_reachable(stack)
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


@app.command()
def stop(process: str, name: Name = "main") -> None:
    """Let one process leave; it stays away until `stack start`."""
    _stack(name).stop(process)
    console.print(f"{process} has left; `stack start {process}` brings it back.")


@app.command()
def start(process: str, name: Name = "main") -> None:
    """Start one process again that was stopped."""
    _stack(name).start(process)
    console.print(f"{process} is ready.")


@app.command(context_settings={"ignore_unknown_options": True})
def run(service: str, command: list[str], name: Name = "main") -> None:
    """Run a service's own command where it runs: `stack run sla-monitor release`."""
    code = run_errand(_stack(name), service, command)
    if code:
        raise typer.Exit(code)


def _joined(stack: Stack, base: int | None, replicas: int) -> bool:
    """Say where the stack runs, once it is ready; False when it does not run."""
    running = join(stack, say=console.print, say_step=_step_after(time.monotonic()))
    if running is None:
        return False
    console.print("The stack is running already.")
    kept = running.layout.ports.base
    if base not in {None, kept}:
        down = running.layout.make("down")
        console.print(
            f"It keeps its ports, from {kept} on: PORT_BASE={base} counts after `{down}`.",
            soft_wrap=True,
        )
    if missing := missing_replica(running.status(), replicas):
        down = running.layout.make("down")
        console.print(
            f"There is no {missing}: REPLICAS={replicas} counts after `{down}`.", soft_wrap=True
        )
    show.where(console, running)
    return True


def _step_after(began: float) -> Callable[[str], None]:
    def say(step: str) -> None:
        console.print(f"  [green]✓[/] {step}  [dim]{time.monotonic() - began:.1f} s[/]")

    return say


def _started(stack: Stack, wish: Wish, *, foreground: bool) -> bool:
    """Start it and say where it runs; False when somebody else was faster."""
    check_machine(stack.layout, replicas=wish.replicas)
    began = time.monotonic()
    say = _step_after(began)
    try:
        with Starting.begin(stack.layout, wish) as starting:
            with console.status("starting … (the first time also downloads Kafka)"):
                starting.follow(say)
            if not foreground:
                starting.let_stay()
            show.ready(console, stack, seconds=time.monotonic() - began)
            if foreground:
                _attend(starting)
    except AlreadyRunning:
        return False
    except KeyboardInterrupt:
        console.print("Interrupted: everything is down again.")
        raise typer.Exit(_INTERRUPTED) from None
    return True


def _attend(starting: Starting) -> None:
    folder = starting.layout.logs
    logs.follow(folder, lambda: logs.names(folder), console, while_=starting.is_alive)


def _until_interrupted(work: Callable[[], None]) -> None:
    try:
        work()
    except KeyboardInterrupt:
        return


def _stack(name: str, port_base: int | None = None) -> Stack:
    """Find a stack by its name, where it was last started unless told otherwise."""
    usual = block_ports(port_base) if port_base else default_ports()
    placed = layout_of(checked_name(name), usual)
    kept = None if port_base else kept_ports(placed.folder)
    return Stack(layout=layout_of(name, kept) if kept else placed)
