"""Writes docs/licences.md: every package of requirements.lock, as installed here, with the licence that it states."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.M)
HEAD = """# Licences

Of the packages in requirements.lock, as they state them (`make licences`). None is part of this project.

| package | version | licence |
|---|---|---|
"""


def licence(name: str) -> tuple[str, str] | None:
    """Version and licence of an installed package."""
    try:
        fields = metadata(name)
    except PackageNotFoundError:
        return None
    classified = [line.split(" :: ")[-1] for line in fields.get_all("Classifier", []) if line.startswith("License")]
    lines = (fields.get("License-Expression") or fields.get("License") or "").strip().splitlines()
    # Some give the whole text of a licence, which begins with a name or a copyright.
    is_name = bool(lines) and len(lines[0]) < 60 and not lines[0].startswith("Copyright")
    stated = lines[0] if is_name else ", ".join(classified)
    return fields["Version"], stated or "see its files"


def main() -> None:
    names = sorted({name for name, _ in LOCKED.findall((ROOT / "requirements.lock").read_text())}, key=str.lower)
    rows = [f"| {name} | {entry[0]} | {entry[1]} |" for name in names if (entry := licence(name))]
    (ROOT / "docs" / "licences.md").write_text(HEAD + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
