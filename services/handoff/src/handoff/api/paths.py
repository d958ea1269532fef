"""What stands in paths."""

from typing import Annotated

from fastapi import Path

from chassis.words import Code

HandoffId = Annotated[
    str, Path(description="The handoff.", examples=["hnd_01m80000000000000000000000"])
]
Team = Annotated[Code, Path(description="The partner team.", examples=["finance"])]
