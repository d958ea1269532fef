"""A multipart upload, read as it streams: nothing of it is spooled, nothing in clear on disk."""

import hashlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import puremagic
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from chassis.problems import FieldError, Invalid, UnsupportedMediaType
from intake.domain.documents import LARGEST_FILE, CutOff, DigestUnreadable, FileTooLarge
from intake.store.files import NewFile

# Boundaries, headers of parts and the small fields.
_ROOM_AROUND: Final = 64 * 1024
_HEAD: Final = 4096
_LONGEST_FIELD: Final = 128
_LONGEST_NAME: Final = 255
_MOST_PARTS: Final = 8
_FIELDS: Final = frozenset({"kind", "item"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What came: the small fields, and the file by name, declared type, size and digest."""

    fields: dict[str, str]
    name: str
    declared: str
    found: str | None
    size: int
    sha256: str


@dataclass(slots=True, kw_only=True)
class _Part:
    """The part that is being read."""

    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    file_name: str | None = None
    value: bytearray = field(default_factory=bytearray)


class _Form:
    """Takes the parser's callbacks, in order, and passes the file on as it comes."""

    def __init__(self, file: NewFile) -> None:
        self.fields: dict[str, str] = {}
        self.part = _Part()
        self.file_part: _Part | None = None
        self.size = 0
        self.digest = hashlib.sha256()
        self.head = b""
        self.ended = False
        self._file = file
        self._parts = 0
        self._header = (bytearray(), bytearray())

    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._name_part,
            "on_part_data": lambda data, start, end: self._take(data[start:end]),
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise _wrong("", "too many parts")
        self.part = _Part()

    def _end_header(self) -> None:
        name, value = (bytes(each).decode("latin-1") for each in self._header)
        self.part.headers[name.lower()] = value
        self._header = (bytearray(), bytearray())

    def _name_part(self) -> None:
        _, options = parse_options_header(self.part.headers.get("content-disposition"))
        self.part.name = _text(options.get(b"name", b""), "")
        if b"filename" in options:
            self.part.file_name = _text(options[b"filename"], "file")
        if self.part.name == "file":
            self._start_file()
        elif self.part.name not in _FIELDS or self.part.name in self.fields:
            raise _wrong("", "the form has kind, file and item, each once")

    def _start_file(self) -> None:
        if self.file_part is not None:
            raise _wrong("file", "one file at a time")
        self.file_part = self.part

    def _take(self, data: bytes) -> None:
        if self.part is self.file_part:
            self._take_file(data)
            return
        self.part.value += data
        if len(self.part.value) > _LONGEST_FIELD:
            raise _wrong(self.part.name, "too long")

    def _take_file(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > LARGEST_FILE:
            raise FileTooLarge
        if len(self.head) < _HEAD:
            self.head += data[: _HEAD - len(self.head)]
        self.digest.update(data)
        self._file.write(data)

    def _end_part(self) -> None:
        if self.part is not self.file_part:
            self.fields[self.part.name] = _text(bytes(self.part.value), self.part.name)

    def _end(self) -> None:
        self.ended = True


async def read_upload(request: Request, file: NewFile) -> Upload:
    """
    Read an upload into a file, chunk by chunk.

    Raises:
        UnsupportedMediaType: The body is no multipart form.
        FileTooLarge: More than 20 MiB, said or sent.
        CutOff: It ended before its last boundary, or is broken.
        DigestUnreadable: `Content-Digest` (RFC 9530) holds no SHA-256.
        Invalid: It is of other bytes; or a part is missing, unknown or doubled.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise UnsupportedMediaType
    announced = _digest_of(request.headers.get("content-digest"))
    form = _Form(file)
    whole = await _feed(request, form, boundary=options[b"boundary"])
    if not form.ended:
        raise CutOff
    upload = _upload(form)
    # The digest of the content of a multipart request is, to the letter, that of the whole form.
    if announced is not None and announced not in {upload.sha256, whole}:
        raise _wrong("file", "Content-Digest is of other bytes")
    return upload


async def _feed(request: Request, form: _Form, *, boundary: bytes) -> str:
    """Parse the body as it comes; return the SHA-256 of all of it."""
    left = LARGEST_FILE + _ROOM_AROUND
    _refuse_early(request, left)
    whole = hashlib.sha256()
    try:
        parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]  # a TypedDict there, a plain dict here
        async for chunk in request.stream():
            left -= len(chunk)
            if left < 0:
                raise FileTooLarge
            whole.update(chunk)
            parser.write(chunk)
    except (FormParserError, ClientDisconnect) as error:
        raise CutOff from error
    return whole.hexdigest()


def _refuse_early(request: Request, most: int) -> None:
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > most:
        raise FileTooLarge


def _upload(form: _Form) -> Upload:
    part = form.file_part
    if part is None:
        raise _wrong("file", "the file is missing")
    declared, _ = parse_options_header(part.headers.get("content-type"))
    own = _digest_of(part.headers.get("content-digest"))
    if own is not None and own != form.digest.hexdigest():
        raise _wrong("file", "Content-Digest is of other bytes")
    return Upload(
        fields=form.fields,
        name=(part.file_name or "document")[-_LONGEST_NAME:],
        declared=declared.decode("latin-1"),
        found=_media_type(form.head),
        size=form.size,
        sha256=form.digest.hexdigest(),
    )


def _media_type(head: bytes) -> str | None:
    """Tell the type of a file by its first bytes."""
    try:
        found: str = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        return None
    return found


def _digest_of(header: str | None) -> str | None:
    """
    Read `sha-256=:…:` as hex; None when there is no header.

    Raises:
        DigestUnreadable: There is one, but without a SHA-256.
    """
    if header is None:
        return None
    digests = dict(each.strip().partition("=")[::2] for each in header.split(","))
    value = digests.get("sha-256", "")
    try:
        raw = b64decode(value[1:-1], validate=True) if value[:1] == value[-1:] == ":" else b""
    except NotBase64:
        raw = b""
    if len(raw) != hashlib.sha256().digest_size:
        raise DigestUnreadable
    return raw.hex()


def _text(raw: bytes, pointer: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise _wrong(pointer, "not UTF-8") from None


def _wrong(name: str, detail: str) -> Invalid:
    return Invalid([FieldError(f"/{name}" if name else "", "invalid-body", detail)])
