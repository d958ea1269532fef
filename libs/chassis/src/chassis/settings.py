"""What a service is told from outside: environment variables and files, read once by `main`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_NAME = r"^[a-z][a-z-]{1,31}$"
_NAME_OF_INSTANCE = r"^[a-z][a-z0-9-]{0,62}$"
_SHORTEST_TAG_KEY = 32


class TagKeyUnusable(Exception):
    """The tag key file is missing, too short or open to others."""


class ServiceSettings(BaseSettings):
    """
    Settings of every service: `SELLERWORKS_PORT=8101`, `SELLERWORKS_DATABASE_URL=postgresql://…`.

    Secrets lie in files, or are hidden whenever settings are printed. Services add their own.
    """

    model_config = SettingsConfigDict(
        env_prefix="SELLERWORKS_", extra="ignore", hide_input_in_errors=True, frozen=True
    )

    service: str = Field(pattern=_NAME, description="The service's name, as in events.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(ge=0, le=65535, description="Port to listen on.")
    urls: dict[str, str] = Field(default={}, description="Where the other services are.")

    database_url: SecretStr = Field(description="PostgreSQL, as the role `<service>_app`.")
    owner_database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL, as the role that migrates. Only `migrate` needs it."
    )
    kafka: str | None = Field(default=None, description="Bootstrap servers; none: no Kafka parts.")
    topic_prefix: str = Field(default="", description="For clusters that others use too.")
    instance: str | None = Field(
        default=None,
        pattern=_NAME_OF_INSTANCE,
        description="A name this replica alone keeps over restarts: its partitions wait for it.",
    )

    issuer: str = Field(description="`iss` of access tokens, exactly.")
    audience: str = Field(description="What `aud` of access tokens has to contain.")
    jwks_url: str = Field(description="Where the issuer publishes its keys.")
    token_url: str | None = Field(
        default=None, description="Where this service gets its own tokens; default `issuer`/token."
    )
    client_id: str = Field(default="", description="Who this service is to the issuer.")

    signing_key_file: Path = Field(description="Ed25519 key that signs this service's events.")
    tag_key_file: Path = Field(description="Key of tags and fingerprints; never in the database.")
    public_keys_file: Path | None = Field(
        default=None, description="Public signing keys of all services. Only audit needs it."
    )
    playbooks: Path | None = Field(default=None, description="Folder of playbooks.")
    data: Path = Field(description="Folder for files of this service.")

    stack: Annotated[bool, Field(description="Runs in the embedded stack.")] = False
    failpoints: str = Field(default="", description="Armed fail-points; only in the stack.")
    otlp_endpoint: str | None = Field(default=None, description="Where traces go; none: nowhere.")
    shed_limit: int = Field(
        default=50_000, ge=1, description="Unpublished events beyond which writes are refused."
    )
    write_although_restored: bool = Field(
        default=False,
        description="Say things although the topics hold newer ones of this service: they take "
        "places that are taken, and every consumer raises an alarm.",
    )
    guard_patience: float = Field(
        default=1.0, ge=0, description="Seconds for which a failing guard waits for news."
    )
    role: str = Field(default="api,worker", description="api, worker or both, with a comma.")

    @property
    def own_token_url(self) -> str:
        return self.token_url or f"{self.issuer.rstrip('/')}/token"


def read_tag_key(path: Path) -> bytes:
    """
    Read the key of tags and fingerprints.

    Raises:
        TagKeyUnusable: No file, fewer than 32 bytes, or others may read it.
    """
    try:
        mode, key = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise TagKeyUnusable(f"{path.name}: {type(error).__name__}") from error
    if mode & 0o077:
        raise TagKeyUnusable(f"{path.name}: others may read it; chmod 600 it")
    if len(key) < _SHORTEST_TAG_KEY:
        raise TagKeyUnusable(f"{path.name}: fewer than {_SHORTEST_TAG_KEY} bytes")
    return key
