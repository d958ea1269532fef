import shutil
from pathlib import Path

import pytest

from playbook.load import PlaybookInvalid, load_playbook
from playbook.model import Playbook
from small_playbook import SMALL, Spoil

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"


@pytest.fixture(scope="session")
def playbook() -> Playbook:
    return load_playbook(PLAYBOOKS / "marketplace-core")


@pytest.fixture(scope="session")
def playbooks_folder() -> Path:
    return PLAYBOOKS


@pytest.fixture(scope="session")
def small() -> Playbook:
    """Load a playbook just large enough to be whole, which no change of content moves."""
    return load_playbook(SMALL)


@pytest.fixture
def small_folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / "small"))


@pytest.fixture
def spoil(small_folder: Path) -> Spoil:
    """Replace a text of a file of the small playbook once, and tell what the loader says."""

    def replaced(file: str, old: str, new: str) -> tuple[str, ...]:
        path = small_folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} says {old} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(PlaybookInvalid) as caught:
            load_playbook(small_folder)
        return caught.value.problems

    return replaced
