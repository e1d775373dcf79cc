"""The library's layers: each folder imports only those below it, and there is no circle (pyproject.toml)."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES, UNIT = ROOT / "src" / "temperance", ROOT / "tests" / "unit"


def run_linter(root):
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    env = {"PYTHONPATH": str(root / "src"), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True)


def test_imports_keep_to_the_layers():
    done = run_linter(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Contracts: 2 kept, 0 broken." in done.stdout


def test_an_import_that_points_upwards_is_noticed(tmp_path):
    (tmp_path / "src").mkdir()
    for file in SOURCES.rglob("*.py"):
        copy = tmp_path / "src" / "temperance" / file.relative_to(SOURCES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    with (tmp_path / "src" / "temperance" / "core" / "seeds.py").open("a") as file:
        file.write("\n\ndef wrong() -> None:\n    from temperance.potts import model  # noqa: F401\n")
    done = run_linter(tmp_path)
    assert done.returncode == 1
    assert "temperance.core.seeds -> temperance.potts.model" in done.stdout


def test_unit_tests_mirror_the_folders():
    folders = {path.name for path in SOURCES.iterdir() if (path / "__init__.py").is_file()}
    assert {path.name for path in UNIT.iterdir() if path.is_dir() and any(path.glob("test_*.py"))} == folders
