"""What is wrong with a field, in plain sentences: one table, by the kind of error."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from pydantic_core.core_schema import ErrorType

_THEIRS: Final = frozenset(get_args(ErrorType))
_OTHERWISE: Final = "It does not fit what is described for this field."
# The places are filled with bounds and words of our own schemas, never with what was sent.
_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "It is needed and missing.",
    "extra_forbidden": "There is no such field here.",
    "bool_type": "It must be true or false.",
    "dict_type": "It must be a JSON object.",
    "model_type": "It must be a JSON object.",
    "model_attributes_type": "It must be a JSON object.",
    "list_type": "It must be a list.",
    "tuple_type": "It must be a list.",
    "string_type": "It must be a string.",
    "string_too_short": "It needs at least {min_length} characters.",
    "string_too_long": "It may have at most {max_length} characters.",
    "string_pattern_mismatch": "It does not have the form that is described for this field.",
    "string_unicode": "It must be text in UTF-8.",
    "int_type": "It must be a whole number.",
    "int_parsing": "It must be a whole number.",
    "int_from_float": "It must be a whole number.",
    "int_parsing_size": "The number is too large.",
    "float_type": "It must be a number.",
    "float_parsing": "It must be a number.",
    "finite_number": "It must be a finite number.",
    "greater_than": "It must be more than {gt}.",
    "greater_than_equal": "It must be at least {ge}.",
    "less_than": "It must be less than {lt}.",
    "less_than_equal": "It may be at most {le}.",
    "too_short": "It needs at least {min_length} entries.",
    "too_long": "It may have at most {max_length} entries.",
    "literal_error": "It must be {expected}.",
    "enum": "It must be {expected}.",
    "date_type": "It must be a date as YYYY-MM-DD.",
    "date_parsing": "It must be a date as YYYY-MM-DD.",
    "date_from_datetime_parsing": "It must be a date as YYYY-MM-DD.",
    "datetime_type": "It must be a time as in 2026-11-22T09:00:00Z.",
    "datetime_parsing": "It must be a time as in 2026-11-22T09:00:00Z.",
    "datetime_from_date_parsing": "It must be a time as in 2026-11-22T09:00:00Z.",
    "timezone_aware": "The time needs its zone, as in 2026-11-22T09:00:00Z.",
    "json_invalid": "It is not JSON.",
    "uuid_parsing": "It must be a UUID.",
}


def sentence(error: Mapping[str, Any]) -> str:
    """Say what is wrong in words of ours; an error that we raised has brought its own."""
    kind = str(error["type"])
    if kind not in _THEIRS:
        return str(error["msg"])
    return _SENTENCES.get(kind, _OTHERWISE).format_map(error.get("ctx", {}))


def code_of(error: Mapping[str, Any]) -> str:
    """Name the kind of error, written like every other code."""
    return str(error["type"]).replace("_", "-")
