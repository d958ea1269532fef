"""What the outside world may set. Read once, in main."""

from pathlib import Path

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """The common settings; this service cannot work without playbooks."""

    playbooks: Path = Field(description="Folder of playbooks.")
