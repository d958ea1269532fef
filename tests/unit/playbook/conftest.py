from pathlib import Path

import pytest

from playbook.load import load_playbook
from playbook.model import Playbook

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"


@pytest.fixture(scope="session")
def playbook() -> Playbook:
    return load_playbook(PLAYBOOKS / "marketplace-core")


@pytest.fixture(scope="session")
def playbooks_folder() -> Path:
    return PLAYBOOKS
