"""Base64 with exactly one spelling for each value."""

import binascii
from base64 import b64decode, b64encode


class NotBase64(Exception):
    pass


def from_base64(text: object) -> bytes:
    """
    Decode standard base64, and only the spelling that an encoder writes.

    Lenient decoders accept stray characters and unused bits, which would let a file change
    without its meaning: here every byte of it counts.
    """
    if not isinstance(text, str):
        raise NotBase64("not a string of base64")
    try:
        raw = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotBase64("not base64") from error
    if to_base64(raw) != text:
        raise NotBase64("not base64 as an encoder writes it")
    return raw


def to_base64(raw: bytes) -> str:
    return b64encode(raw).decode()
