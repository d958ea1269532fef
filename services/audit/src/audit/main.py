"""Put together: the log's doors, in one process or two (the signer is apart)."""

import asyncio
import sys
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from audit import clients, clock
from audit.api import PROBLEMS, ROUTERS
from audit.consumers import sink, watcher
from audit.domain.note import LogKey, NoteSigner, origin
from audit.domain.retention import Rule, rules_of
from audit.handlers.remember_checkpoint import remember_checkpoint
from audit.handlers.sign_head import STATE_FILE, Notary
from audit.handlers.stage_records import PublicKeys
from audit.settings import Settings
from audit.store.log import LOG
from chassis import service
from chassis.clock import perform
from chassis.door import Journey, Pen, run
from chassis.http import Check
from chassis.service import Service
from chassis.signing import Signer, load_public_keys, write_new_key
from contracts.catalogue import CASE_SERVICES
from playbook.load import load_all

EPOCH = 0


class KeyMissing(Exception):
    """A key file that this role needs is not set."""


def build(settings: Settings) -> Service:
    """Describe the service. Key files are read by those who use them, when they first do."""

    @cache
    def signer() -> Signer:
        return Signer.load(settings.signing_key_file, "audit")

    keys = cache(partial(_public_keys, settings))
    notary = cache(partial(_notary, settings))
    rules = cache(partial(_retention_rules, settings))

    async def signs() -> str | None:
        return notary().refuses

    is_signer = clock.SIGNER in settings.role.split(",")
    return Service(
        name="audit",
        package="audit",
        title="SellerWorks audit",
        summary="What happened, in an order that nobody can change: trails, proofs, exports.",
        routers=ROUTERS,
        problems=PROBLEMS,
        consumers=(sink(keys=keys, signer=signer), watcher()),
        duties=(
            clock.sequencing(signer=signer, patience=settings.gap_patience),
            clock.repairing(
                clock.Repair(producers=_producers(settings)), every=settings.repair_every
            ),
            clock.reconciling(_reconciler(settings)),
            clock.signing(notary),
            clock.clearing(rules, signer=signer),
        ),
        commands={
            "reconcile": partial(_reconcile, by=_reconciler(settings)),
            "remember": partial(_remember, state=settings.data / STATE_FILE),
            "new-log-key": partial(_new_log_key, name=_origin(settings)),
        },
        state={"public_keys": keys, "retention_rules": rules},
        checks={"log": Check(ask=signs, required=False)} if is_signer else {},
    )


def _producers(settings: Settings) -> clients.Lend:
    return partial(
        clients.lines,
        urls=settings.urls,
        token_url=settings.own_token_url,
        client_id=settings.client_id,
    )


def _reconciler(settings: Settings) -> clock.Reconciler:
    return clock.Reconciler(
        lines=_producers(settings),
        producers=[name for name in CASE_SERVICES if name in settings.urls],
        every=settings.reconcile_every,
    )


async def _reconcile(
    _arguments: Sequence[str], /, *, engine: AsyncEngine, pen: Pen, by: clock.Reconciler
) -> None:
    """Ask all producers now for whatever the log lacks; print of how much."""
    while await perform(clock.reconciling(by), engine=engine, pen=pen):
        pass
    silent = f"; silent: {', '.join(by.silent)}" if by.silent else ""
    sys.stdout.write(f"asked for the rest of {by.asked_for} streams{silent}\n")


async def _remember(
    arguments: Sequence[str], /, *, engine: AsyncEngine, pen: Pen, state: Path
) -> None:
    """Give the signer back its memory, from a file with the last checkpoint anybody kept."""
    (file,) = arguments
    note = await asyncio.to_thread(Path(file).read_text)
    seen = await run(
        engine,
        partial(remember_checkpoint, note=note, state=state),
        pen=pen,
        journey=Journey(actor=f"service:{pen.service}"),
    )
    sys.stdout.write(f"the signer remembers size {seen.head.size}\n")


async def _new_log_key(
    arguments: Sequence[str], /, *, engine: AsyncEngine, pen: Pen, name: str
) -> None:
    """Make a key file for the signer; print its public line, for auditors. Signs nothing yet."""
    del engine, pen
    (file,) = arguments
    public = await asyncio.to_thread(write_new_key, Path(file))
    sys.stdout.write(f"{LogKey(name=name, public=public.public_bytes_raw()).verifier_key}\n")


def _origin(settings: Settings) -> str:
    return origin(host=settings.log_host, log=LOG, epoch=EPOCH)


def _retention_rules(settings: Settings) -> list[Rule]:
    """Without playbooks nobody has said how long: then everything is kept."""
    return rules_of(load_all(settings.playbooks).values()) if settings.playbooks else []


def _public_keys(settings: Settings) -> PublicKeys:
    if settings.public_keys_file is None:
        raise KeyMissing("SELLERWORKS_PUBLIC_KEYS_FILE")
    return load_public_keys(settings.public_keys_file)


def _notary(settings: Settings) -> Notary:
    if settings.signer_key_file is None:
        raise KeyMissing("SELLERWORKS_SIGNER_KEY_FILE")
    name = _origin(settings)
    files = [settings.signer_key_file, settings.signer_old_key_file]
    signers = [
        NoteSigner(name=name, private=Signer.load(file, "audit-signer").key)
        for file in files
        if file is not None
    ]
    return Notary(signers=signers, state=settings.data / STATE_FILE)


def main() -> None:
    service.main(build, Settings)
