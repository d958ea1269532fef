"""What the outside world may set. Read once, in main."""

from pathlib import Path

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What intake needs beyond what every service has."""

    text_model: Path | None = Field(
        default=None, description="File of a text model; none: texts are searched for cues only."
    )
