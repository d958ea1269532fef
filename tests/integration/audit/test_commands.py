"""What an operator runs: `python -m audit remember FILE`, `new-log-key FILE`, `reconcile`."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.domain.merkle import Head
from audit.domain.note import NoteSigner, checkpoint
from audit.domain.signing import Refusal
from audit.handlers.remember_checkpoint import NotOfThisLog, RemembersOtherwise
from audit.main import build
from builders_audit import LOG_SIGNER, PEN, RunningLog, record, settings_for
from chassis.signing import Signer
from verifier.note import read_key

STRANGER = NoteSigner(name=LOG_SIGNER.name, private=Ed25519PrivateKey.generate())


async def command(log: RunningLog, name: str, *arguments: str | Path) -> None:
    service = build(settings_for(log))
    await service.commands[name]([str(one) for one in arguments], engine=log.engine, pen=PEN)


async def a_forgetful_signer(log: RunningLog) -> Path:
    """Let the log be signed, then lose the signer's memory; return what an auditor has kept."""
    await log.log(record(1))
    await log.log(record(2))
    ((note,),) = await log.rows("select note from checkpoints where size = 2")
    log.notary.state.unlink()
    await log.log(record(3))
    assert log.notary.refuses == Refusal.FORGOTTEN.value
    kept = log.folder / "kept.txt"
    kept.write_text(note)
    return kept


class TestRemember:
    async def test_lets_a_signer_go_on_that_lost_its_memory(
        self, log: RunningLog, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kept = await a_forgetful_signer(log)

        await command(log, "remember", kept)

        await log.sign()
        assert await log.rows("select max(size) from checkpoints") == [(3,)]
        assert "size 2" in capsys.readouterr().out

    async def test_overwrites_no_memory(self, log: RunningLog) -> None:
        kept = await a_forgetful_signer(log)
        await command(log, "remember", kept)

        with pytest.raises(RemembersOtherwise):
            await command(log, "remember", kept)

    @pytest.mark.parametrize(("size", "signer"), [(2, LOG_SIGNER), (9, LOG_SIGNER), (2, STRANGER)])
    async def test_takes_nothing_that_is_not_of_this_log(
        self, log: RunningLog, size: int, signer: NoteSigner
    ) -> None:
        kept = await a_forgetful_signer(log)
        kept.write_text(checkpoint(Head(size, b"\x09" * 32), signers=[signer]))

        with pytest.raises(NotOfThisLog):
            await command(log, "remember", kept)

        assert not log.notary.state.exists()


class TestNewLogKey:
    async def test_prints_the_line_that_auditors_are_given(
        self, log: RunningLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        await command(log, "new-log-key", tmp_path / "new.pem")

        key = read_key(capsys.readouterr().out)
        made = Signer.load(tmp_path / "new.pem", "audit-signer")
        assert key.public == made.public_key.public_bytes_raw()
        assert key.name == "sellerworks/audit/main/0"


class TestReconcile:
    async def test_says_when_there_was_nothing_to_ask_for(
        self, log: RunningLog, capsys: pytest.CaptureFixture[str]
    ) -> None:
        await command(log, "reconcile")

        assert capsys.readouterr().out == "asked for the rest of 0 streams\n"
