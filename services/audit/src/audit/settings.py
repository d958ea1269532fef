"""What the outside world may set. Read once, in main."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, field_validator

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Audit's own: where the log belongs, who signs it, how long it waits for what is missing."""

    log_host: str = Field(
        default="sellerworks",
        pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$",
        description="First part of the log's origin, the name that its key bears.",
    )
    signer_key_file: Path | None = Field(
        default=None, description="Ed25519 key of checkpoints. Only the signer has it."
    )
    signer_old_key_file: Path | None = Field(
        default=None,
        description="The key before, which signs as well until auditors know the new one.",
    )
    gap_patience: timedelta = Field(
        default=timedelta(minutes=15),
        description="How long a missing event holds its subject before a gap is recorded.",
    )
    repair_every: timedelta = Field(
        default=timedelta(seconds=5), description="How often a producer is asked to publish again."
    )

    reconcile_every: timedelta = Field(
        default=timedelta(days=1),
        description="How often all that producers have said is compared with the log.",
    )

    @field_validator("role")
    @classmethod
    def _publish_checkpoints(cls, role: str) -> str:
        """The process that sequences also runs the relay, which publishes what the signer says."""
        return f"{role},worker" if "sequencer" in role.split(",") else role
