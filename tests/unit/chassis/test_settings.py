from pathlib import Path

import pytest
from pydantic import ValidationError

from chassis.settings import ServiceSettings, TagKeyUnusable, read_tag_key

REQUIRED = {
    "SELLERWORKS_SERVICE": "router",
    "SELLERWORKS_PORT": "8102",
    "SELLERWORKS_DATABASE_URL": "postgresql://app:canary-7f3a@127.0.0.1/router",
    "SELLERWORKS_ISSUER": "http://127.0.0.1:8099",
    "SELLERWORKS_AUDIENCE": "sellerworks",
    "SELLERWORKS_JWKS_URL": "http://127.0.0.1:8099/jwks.json",
    "SELLERWORKS_SIGNING_KEY_FILE": "signing.key",
    "SELLERWORKS_TAG_KEY_FILE": "tag.key",
    "SELLERWORKS_DATA": "data",
    "SELLERWORKS_URLS": '{"vault": "http://127.0.0.1:8109"}',
}


def read(monkeypatch: pytest.MonkeyPatch, **changed: str) -> ServiceSettings:
    for name, value in (REQUIRED | changed).items():
        monkeypatch.setenv(name, value)
    return ServiceSettings()


class TestServiceSettings:
    def test_come_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = read(monkeypatch)

        assert (settings.service, settings.port) == ("router", 8102)
        assert settings.urls == {"vault": "http://127.0.0.1:8109"}
        assert settings.own_token_url == "http://127.0.0.1:8099/token"

    def test_do_not_show_secrets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "7f3a" not in repr(read(monkeypatch))

    def test_do_not_repeat_what_is_wrong(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(ValidationError) as refused:
            read(monkeypatch, SELLERWORKS_PORT="canary-7f3a")

        assert "7f3a" not in str(refused.value)


class TestReadTagKey:
    def test_returns_the_key(self, tmp_path: Path) -> None:
        assert read_tag_key(written(tmp_path, bytes(32), 0o600)) == bytes(32)

    @pytest.mark.parametrize(("length", "mode"), [(31, 0o600), (32, 0o644), (32, 0o640)])
    def test_refuses_a_key_that_is_short_or_open(
        self, tmp_path: Path, length: int, mode: int
    ) -> None:
        with pytest.raises(TagKeyUnusable):
            read_tag_key(written(tmp_path, bytes(length), mode))

    def test_says_that_there_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(TagKeyUnusable):
            read_tag_key(tmp_path / "none")


def written(folder: Path, key: bytes, mode: int) -> Path:
    path = folder / "tag.key"
    path.write_bytes(key)
    path.chmod(mode)
    return path
