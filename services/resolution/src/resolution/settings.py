"""What resolution is told from outside."""

from pathlib import Path

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Resolution cannot work without playbooks."""

    service: str = "resolution"
    port: int = 8103
    playbooks: Path = Field(description="Folder of playbooks.")
