import json
import stat
from pathlib import Path

import pytest

from chassis.signing import Signer, load_public_keys
from stack.keys import Keys, make_keys


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return make_keys(tmp_path / "keys", services=["intake", "audit"], users=["intake_app"])


class TestMakeKeys:
    def test_lets_nobody_else_read_a_secret(self, keys: Keys) -> None:
        secrets = [
            keys.signing("intake"),
            keys.tag("intake"),
            keys.master,
            keys.signer,
            keys.issuer,
            keys.folder / "intake_app.password",
        ]

        modes = {stat.S_IMODE(path.stat().st_mode) for path in secrets}

        assert modes == {0o600}
        assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700

    def test_keeps_what_exists(self, keys: Keys) -> None:
        before = {path.name: path.read_bytes() for path in keys.folder.iterdir()}

        make_keys(keys.folder, services=["intake", "audit"], users=["intake_app"])

        assert {path.name: path.read_bytes() for path in keys.folder.iterdir()} == before

    def test_publishes_the_key_each_service_signs_with(self, keys: Keys) -> None:
        public = load_public_keys(keys.public)

        signer = Signer.load(keys.signing("intake"), "intake")
        public[signer.key_id].verify(signer.sign(b"said"), b"said")
        assert len(public) == 2

    def test_publishes_no_key_that_signs_checkpoints(self, keys: Keys) -> None:
        assert keys.signer_public.read_text() not in json.loads(keys.public.read_text()).values()

    def test_makes_keys_of_32_bytes(self, keys: Keys) -> None:
        lengths = [len(path.read_bytes()) for path in (keys.master, keys.tag("intake"))]

        assert lengths == [32, 32]
        assert keys.tag("intake").read_bytes() != keys.tag("audit").read_bytes()
