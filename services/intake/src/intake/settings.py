"""What the outside world may set. Read once, in main."""

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Intake needs nothing beyond what every service has."""
