"""What the SLA monitor is told from outside."""

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing of its own: targets, ladders and calendars are the playbook's."""
