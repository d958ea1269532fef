"""What resolution is told from outside."""

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Resolution needs no more than every service does."""

    service: str = "resolution"
    port: int = 8103
