"""Write the configuration's JSON schema, and the tables of keys in its documentation, from the classes of settings.

Called as ``python -m temperance.workflow.reference``; a test checks that both files are up to date.
"""

import json
import sys
from typing import Any, get_args

import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from temperance.core.settings.run import Choices, Configuration, RunSettings, Sources
from temperance.core.settings.scoring import BaselineSettings, JudgeSettings
from temperance.core.settings.truths import Truth
from temperance.workflow.files import ROOT

SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
README = ROOT / "config" / "README.md"


# JSON schema's names of bounds; pydantic uses its own where a validator of ours runs first.
_BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}


def schema() -> str:
    """Generate the JSON schema of a configuration.

    Returns
    -------
    str
        YAML.
    """
    properties = _concise(Configuration.model_json_schema())
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    comment = "# Written by `python -m temperance.workflow.reference` from temperance.core.settings.\n"
    return comment + yaml.safe_dump(head | properties, sort_keys=False, allow_unicode=True, width=120)


def _concise(subschema: Any) -> Any:
    """Rename bounds as in the standard, and leave out titles and defaults of whole sections, which repeat others."""
    if isinstance(subschema, list):
        return [_concise(entry) for entry in subschema]
    if not isinstance(subschema, dict):
        return subschema
    section = "$ref" in subschema
    return {
        _BOUNDS.get(key, key): " ".join(value.split()) if key == "description" else _concise(value)
        for key, value in subschema.items()
        if not (key == "title" and isinstance(value, str)) and not (section and key == "default")
    }


def readme(text: str) -> str:
    """Replace the tables in a page of documentation by new ones.

    Parameters
    ----------
    text : str
        Markdown, with `<!-- name -->` before and `<!-- end -->` after each table.

    Returns
    -------
    str
        The same page with new tables.
    """
    for name, table in _tables().items():
        before, rest = text.split(f"<!-- {name} -->\n")
        text = f"{before}<!-- {name} -->\n{table}<!-- end -->{rest.partition('<!-- end -->')[2]}"
    return text


def _tables() -> dict[str, str]:
    """Generate the tables of keys, by name."""
    truths = [
        f"**`kind: {_kind(truth)}`** {' '.join((truth.__doc__ or '').split())}\n\n{_table(_rows(truth, 'truth.'))}\n"
        for truth in get_args(get_args(Truth)[0])
    ]
    sources = [_row("family", Configuration.model_fields["family"]), *_rows(Sources)]
    sources = [row.replace("| null |", "| – |") for row in sources]
    studies = _rows(Configuration.model_fields["studies"].annotation, "studies.")
    return {
        "keys": _table([*_rows(RunSettings), *studies, *sources, *_rows(Choices)]),
        "judges": _table(_rows(JudgeSettings, "judges.NAME.")),
        "models": _table(_rows(BaselineSettings, "models.NAME.")),
        "truths": "\n".join(truths),
    }


def _table(rows: list[str]) -> str:
    return "\n".join(["| key | default | what |", "|---|---|---|", *rows, ""])


def _rows(section: Any, prefix: str = "") -> list[str]:
    """List the rows of a section's keys, and of the sections within it."""
    rows = []
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            rows += _rows(field.annotation, f"{prefix}{name}.")
        elif prefix != "truth." or name != "kind":
            rows.append(_row(f"{prefix}{name}", field))
    return rows


def _row(key: str, field: Any) -> str:
    default = "required" if field.default is PydanticUndefined else json.dumps(_plain(field.default))
    return f"| `{key}` | {default} | {' '.join((field.description or '').split())} |"


def _plain(value: Any) -> Any:
    """Return a default as it would be written in a configuration file."""
    if isinstance(value, dict):
        return {
            key: entry.model_dump(exclude_unset=True) if isinstance(entry, BaseModel) else entry
            for key, entry in value.items()
        }
    return value


def _kind(truth: Any) -> str:
    return str(get_args(truth.model_fields["kind"].annotation)[0])


def main() -> int:
    """Write the schema of configurations, and the tables of settings in their documentation.

    Returns
    -------
    int
        Exit status, 0.
    """
    SCHEMA.write_text(schema(), encoding="utf-8")
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote {SCHEMA} and {README}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
