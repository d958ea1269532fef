"""What a seller's words say, taken at the door: no text travels."""

from contracts.cases import TextLabel, TextSignals
from playbook.model import Playbook
from playbook.signals import read_text
from playbook.text_model import TextModel, read_label


def signals_of(
    playbook: Playbook, text_model: TextModel | None, *, subject: str, description: str
) -> TextSignals:
    """Read words by the playbook's rules, and by the text model if there is one."""
    read = read_text(playbook, subject=subject, description=description)
    label = None
    if text_model is not None:
        label = _label(text_model, playbook, subject=subject, description=description)
    return TextSignals(playbook=read.playbook, language=read.language, cues=read.cues, label=label)


def _label(
    text_model: TextModel, playbook: Playbook, *, subject: str, description: str
) -> TextLabel | None:
    """Ask the text model; a type that the playbook has not is no answer."""
    said = read_label(text_model, subject=subject, description=description)
    if said is None or playbook.issue_type(said.label) is None:
        return None
    return TextLabel(model=said.model, label=said.label, confidence=said.confidence)
