"""What the SLA monitor is told from outside."""

from pathlib import Path

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Targets, ladders and calendars are the playbooks'."""

    playbooks: Path = Field(description="Folder of playbooks.")
