"""What the outside world may set. Read once, in main."""

from pathlib import Path

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """The common settings, and where the master key lies."""

    master_key_file: Path = Field(
        default=Path("master.key"),
        description="32 bytes, 0600: wraps the sellers' private keys. Kept apart from backups.",
    )
