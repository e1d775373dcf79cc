"""Where the workflow's own files are: in the project's folder, or, installed by pip, in the library's."""

from pathlib import Path

_PROJECT = Path(__file__).parents[3]
# Folder with `Snakefile`, `workflow`, `scripts`, `envs`, `profiles` and `config`.
ROOT = _PROJECT if (_PROJECT / "Snakefile").is_file() else Path(__file__).parents[1] / "files"
SNAKEFILE = ROOT / "Snakefile"
EMBEDDED_DEFAULT = ROOT / "config" / "config.yaml"
