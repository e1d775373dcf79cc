"""Explain mistakes in the configuration in one line: the key, what is wrong, and what would be right."""

import difflib
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pydantic
from pydantic import BaseModel


def _members(annotation: Any) -> list[Any]:
    """List the types of which a type annotation consists."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [member for option in get_args(annotation) for member in _members(option)]
    return [annotation]


_TYPES: dict[Any, str] = {
    int: "a whole number", float: "a number", str: "text", bool: "true or false", list: "a list",
    dict: "keys with values",
}  # fmt: skip
_MESSAGES: dict[str, str] = {
    "greater_than_equal": "{value!r} is too small; {ge} is the smallest allowed",
    "less_than_equal": "{value!r} is too large; {le} is the largest allowed",
    "greater_than": "{value!r} is too small; it must be above {gt}",
    "less_than": "{value!r} is too large; it must be below {lt}",
    "finite_number": "{value!r} is not a finite number",
    "too_short": "at least {min_length} entries needed, not {actual_length}",
    "string_pattern_mismatch": "{value!r} does not have the right form",
    "string_too_short": "{value!r} is too short; at least {min_length} characters needed",
    "string_too_long": "{value!r} is too long; at most {max_length} characters allowed",
    "repeated": "an entry is repeated (numbers have to differ in their first six digits)",
    "overflow": "{value!r} is too large",
    "reserved": "{value!r} is the name of the family's own model; choose another",
    "missing": "the key '{name}' is missing",
    "union_tag_not_found": "the key 'kind' is missing",
    "union_tag_invalid": "{tag!r} is not one of {tags}",
}


def explain(error: pydantic.ValidationError, section: type[BaseModel]) -> str:
    """Explain in one line what is wrong with settings.

    Parameters
    ----------
    error : pydantic.ValidationError
        Errors that pydantic found; the one nearest to the top level is explained.
    section : type
        Class as which the settings were read.

    Returns
    -------
    str
        The key, what is wrong with its value, and its description.
    """

    # The error nearest to the top level: those below may be its consequences.
    def _depth(detail: Any) -> tuple[int, bool]:
        # Among the options of a union, errors of those with the right type are the more specific.
        return len(_Place(section, detail).keys), detail["type"] not in _MESSAGES

    first = min(error.errors(include_url=False), key=_depth)
    place = _Place(section, first)
    keys = list(place.keys)
    if first["type"] == "extra_forbidden":
        name, names = keys[-1], list(place.section.model_fields)
        suggestions = difflib.get_close_matches(name, names, n=1) or _sections_with(place.section, name)
        hint = f"did you mean {' or '.join(suggestions)}?" if suggestions else f"known are {', '.join(names)}"
        return f"{'.'.join(keys)}: unknown key; {hint}"
    if first["type"] == "missing":
        keys.pop()
    if first["type"].startswith("union_tag"):
        keys.append("kind")
    context = first.get("ctx", {}) | {"value": first["input"], "name": place.keys[-1] if place.keys else ""}
    if first["type"] == "union_tag_invalid":
        context["tags"] = context["expected_tags"].replace("'", "")
    text = _MESSAGES.get(first["type"], _wrong_value(place, first["input"])).format(**context)
    has_description = place.description and first["type"] not in ("missing", "union_tag_not_found")
    text = f"{text} ({place.description})" if has_description else text
    return " ".join(f"{'.'.join(keys) or 'configuration'}: {text}".split())


def _sections_with(section: type[BaseModel], name: str) -> list[str]:
    """List where in the sections within a section a key of this name belongs."""
    return [
        f"{key}.{name}"
        for key, field in section.model_fields.items()
        if any(name in inner.model_fields for inner in _sections(field.annotation))
    ]


def _wrong_value(place: "_Place", value: Any) -> str:
    """Explain that a value is not among the choices, or not of the type, of its key."""
    text = repr(value).replace("{", "{{").replace("}", "}}")
    members = _members(place.annotation)
    choices = [choice for member in members if get_origin(member) is Literal for choice in get_args(member)]
    types = [_TYPES[origin] for member in members if (origin := get_origin(member) or member) in _TYPES]
    if choices and not types:
        return f"{text} is not one of {', '.join(choices)}"
    if any(type(value) is (get_origin(member) or member) for member in members) or not (types or choices):
        return f"{text} is not allowed here" if types else f"{text} is of the wrong type; expected keys with values"
    hint = ", in quotes in a configuration file" if types == ["text"] and isinstance(value, int | float) else ""
    return f"{text} is of the wrong type; expected {' or '.join(dict.fromkeys([*choices, *types]))}{hint}"


class _Place:
    """Location of an error in a section: its keys, and the innermost section and field."""

    def __init__(self, section: type[BaseModel], detail: Any):
        self.section, self.description = section, ""
        self.keys: list[str] = []
        self.annotation: Any = None
        entries: Any = section
        location = detail["loc"]
        # Of a name that may not be one of a mapping's, unless it is an unknown key of just these characters.
        bad_name = location[-1:] == ("[key]",) and detail["type"] != "extra_forbidden"
        for step in location[:-2] if bad_name else location:
            options = {option.__name__: option for option in _sections(entries)}
            if isinstance(entries, type) and issubclass(entries, BaseModel):
                self.section = entries
                self.keys.append(str(step))
                if step in entries.model_fields:
                    field = entries.model_fields[str(step)]
                    self.description = field.description or ""
                    entries = self.annotation = field.annotation
                else:
                    entries = None
            elif tagged := [option for option in options.values() if _tag(option) == step]:
                entries = tagged[0]
            elif len(options) == 1 and step in options:
                entries = options[str(step)]
            elif isinstance(step, int) or _is_mapping(entries):
                self.keys.append(str(step))
                entries = self.annotation = _entry_type(entries)
            # Otherwise the step names an option of a union.
        if bad_name:
            self.annotation = str


def _sections(annotation: Any) -> list[type[BaseModel]]:
    return [member for member in _members(annotation) if isinstance(member, type) and issubclass(member, BaseModel)]


def _tag(section: type[BaseModel]) -> str | None:
    field = section.model_fields.get("kind")
    return get_args(field.annotation)[0] if field and len(get_args(field.annotation)) == 1 else None


def _is_mapping(annotation: Any) -> bool:
    return any(get_origin(member) is dict for member in _members(annotation))


def _entry_type(annotation: Any) -> Any:
    for member in _members(annotation):
        if get_origin(member) in (dict, list):
            entry = get_args(member)[-1]
            sections = _sections(entry)
            return sections[0] if len(sections) == 1 else entry
    return None
