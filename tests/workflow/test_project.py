"""The project's own files agree with each other."""

import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement

import temperance

ROOT = Path(__file__).parents[2]
SOURCES = sorted(str(path) for path in (ROOT / "src").rglob("*.py"))
LOCK, *CARD_LOCKS = ((ROOT / f"requirements{kind}.lock").read_text() for kind in ("", "-cuda12", "-cuda13"))


def locked(python: str, lock: str = LOCK) -> dict[str, str]:
    """Versions that a lock gives to a Python on Linux."""
    environment = {
        "python_full_version": f"{python}.0", "python_version": python, "sys_platform": "linux",
        "platform_machine": "x86_64", "platform_python_implementation": "CPython",
    }  # fmt: skip
    versions = {}
    for name, version, marker in re.findall(r"^([a-z0-9.-]+)==(\S+?)(?: ; (.*?))? \\$", lock, re.M):
        if not marker or Marker(marker).evaluate(environment):
            versions[name] = version
    return versions


def environment_pins(name: str) -> list[Requirement]:
    environment = yaml.safe_load((ROOT / "envs" / f"{name}.yaml").read_text())
    return [Requirement(pin) for d in environment["dependencies"] if isinstance(d, dict) for pin in d["pip"]]


@pytest.mark.parametrize("name", ["light", "cpu", "cuda12", "cuda13"])
def test_conda_environments_pin_what_the_lock_pins(name):
    environment = yaml.safe_load((ROOT / "envs" / f"{name}.yaml").read_text())
    python = next(d.split("=")[1] for d in environment["dependencies"] if str(d).startswith("python "))
    pins = {pin.name: str(pin.specifier) for pin in environment_pins(name)}
    versions = locked(python, LOCK if name in ("light", "cpu") else CARD_LOCKS[name == "cuda13"])
    assert pins == {name: f"=={versions[name]}" for name in pins}
    wanted = {
        Requirement(d).name for d in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    }
    wanted = {name for name in wanted if not name.startswith("snakemake")}
    lacking = {"jax", "pymbar", "arviz-stats", "gemmi"}
    assert wanted - pins.keys() == (lacking if name == "light" else set())
    assert {name for name in pins if name.startswith("jax-cuda")} == (
        {f"jax-{name}-pjrt", f"jax-{name}-plugin"} if name.startswith("cuda") else set()
    )


@pytest.mark.parametrize("name", ["light", "cpu"])
def test_conda_environments_pin_what_their_packages_need(name):
    pins = {pin.name for pin in environment_pins(name)}
    for package in pins:
        for line in importlib.metadata.requires(package) or []:
            needed = Requirement(line)
            applies = not needed.marker or needed.marker.evaluate({"extra": "", "python_version": "3.12",
                                                                  "python_full_version": "3.12.0"})  # fmt: skip
            assert not applies or re.sub(r"[._-]+", "-", needed.name).lower() in pins, (package, line)


def test_conda_environments_are_as_they_are_written_from_the_locks(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "envs")
    import pin

    for name in pin.ENVIRONMENTS:
        assert pin.environment(name) == (ROOT / "envs" / f"{name}.yaml").read_text()
        assert (ROOT / "envs" / f"{name}.post-deploy.sh").read_text() == pin.LINK


def test_an_environment_gets_the_library_of_the_workflow(tmp_path):
    """A link, so that it is never another version than the rules'; made again, it stays one."""
    venv.create(tmp_path / "env", symlinks=True)
    place = {"PATH": f"{tmp_path / 'env' / 'bin'}:/usr/bin:/bin", "TEMPERANCE_LIBRARY": str(ROOT / "src")}
    for _ in range(2):
        subprocess.run(["sh", ROOT / "envs" / "light.post-deploy.sh"], env=place, check=True)
    program = "import temperance; print(temperance.__version__)"
    run = subprocess.run(["python", "-c", program], env=place, cwd=tmp_path, capture_output=True, text=True)
    assert run.stdout.strip() == temperance.__version__, run.stderr


def rules_of(environment: str) -> set[str]:
    rules = (
        rule for path in (ROOT / "workflow" / "rules").glob("*.smk")
        for rule in re.split(r"^rule ", path.read_text(), flags=re.M)[1:]
    )  # fmt: skip
    return {rule.split(":")[0] for rule in rules if f"conda:\n        {environment}\n" in rule}


def test_jobs_in_the_light_environment_import_nothing_that_it_lacks():
    light = sorted(rules_of("LIGHT_ENVIRONMENT"))
    assert {"fetch", "ingest", "figures", "page", "report"} <= set(light)
    assert not {"train", "sample", "thermodynamics", "score", "design"} & set(light)
    program = (
        "import sys; sys.modules |= dict.fromkeys(['jax', 'jaxlib', 'pymbar', 'arviz_stats', 'gemmi', 'snakemake'])\n"
        f"for rule in {[*light, '']}: __import__(f'temperance.stages.{{rule}}' if rule else 'temperance.workflow.job')"
    )
    run = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True)
    assert run.returncode == 0, run.stderr.decode()


def test_images_are_given_every_file_that_the_package_is_built_from():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    sources = {*build["force-include"], "src", "pyproject.toml", "README.md", "LICENSE"}
    recipe = (ROOT / "temperance.def").read_text().partition("%files\n")[2].partition("\n\n")[0]
    copies = dict(line.split() for line in recipe.splitlines() if "{{" not in line)
    assert copies == {name: f"/source/{name}" for name in sources}
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == sources | {"requirements*.lock"}


def test_the_installed_package_has_the_workflow_and_its_command(tmp_path):
    """As `pip install .` builds it: what is in the wheel runs without the project's folder."""
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed")
    subprocess.run([*wheel, tmp_path, ROOT], check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    tracked = subprocess.run(["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert {name.removeprefix("src/") for name in tracked} <= names
    entry = next(name for name in names if name.endswith("entry_points.txt"))
    assert "temperance = temperance.workflow.commands:main" in (tmp_path / "site" / entry).read_text()
    place = {"PYTHONPATH": str(tmp_path / "site"), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    program = "from temperance.workflow.commands import main; main()"
    call = [sys.executable, "-c", program, "run", "--cores", "1", "--dry-run"]
    run = subprocess.run(call, cwd=tmp_path, env=place, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert re.search(r"^train +6$", run.stdout + run.stderr, re.M), run.stdout + run.stderr


def test_every_locked_package_has_a_hash_and_no_file_names_an_index():
    for lock in (LOCK, *CARD_LOCKS):
        assert lock.count("==") <= lock.count("--hash=sha256:")
        assert not re.search(r"index-url|find-links|https?://", lock)


@pytest.mark.parametrize(("lock", "plugin"), zip(CARD_LOCKS, ["jax-cuda12-plugin", "jax-cuda13-plugin"], strict=True))
def test_a_lock_for_cards_adds_packages_and_changes_none(lock, plugin):
    without, with_cuda = (set(re.findall(r"^([a-z0-9.-]+==\S+)", text, re.M)) for text in (LOCK, lock))
    assert without < with_cuda
    added = {package.split("==")[0] for package in with_cuda - without}
    assert {name for name in added if name.endswith("-plugin")} == {plugin}


@pytest.mark.parametrize(("python", "jax"), [("3.11", "0.10.2"), ("3.12", "0.12.0.1"), ("3.14", "0.12.0.1")])
def test_every_python_gets_the_newest_jax_that_supports_it(python, jax):
    assert locked(python)["jax"] == locked(python)["jaxlib"] == jax


def test_make_refuses_a_cuda_for_which_there_is_no_lock():
    run = subprocess.run(["make", "-n", "CUDA=1"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode != 0
    assert "CUDA is 1, but has to be 12 or 13" in run.stderr


def test_the_list_of_licences_is_of_the_lock():
    listed = dict(re.findall(r"^\| (\S+) \| (\S+) \| .+ \|$", (ROOT / "docs" / "licences.md").read_text(), re.M))
    ours = locked("3.11")
    listed.pop("package")
    assert {name.lower(): version for name, version in listed.items()} == {n: ours[n] for n in ours if n in listed}
    assert len(listed) > 0.9 * len(ours)


def test_every_file_that_states_the_version_states_the_same():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    archive = json.loads((ROOT / ".zenodo.json").read_text())
    assert temperance.__version__ == citation["version"] == archive["version"]
    images = [
        yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text()).get(key)
        for name, key in (("kubernetes", "container-image"), ("aws-batch", "container-image"),
                          ("googlebatch", "googlebatch-container"))
    ]  # fmt: skip
    assert [image.rpartition(":")[2] for image in images] == [temperance.__version__] * 3


def test_what_catalogues_look_for_is_the_workflow(tmp_path):
    call = [
        sys.executable, "-m", "snakemake", "--snakefile", ROOT / "workflow" / "Snakefile", "--directory", tmp_path,
        "--configfile", ROOT / ".test" / "config.yaml", "--cores", "1", "--dry-run",
    ]  # fmt: skip
    run = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"^train +1$", run.stdout + run.stderr, re.M), run.stdout + run.stderr


def test_no_code_of_ours_reads_or_writes_a_pickle():
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "scripts").glob("*.py")]:
        assert not re.search(r"\b(pickle|joblib|shelve|dill|allow_pickle=True|read_pickle)\b", path.read_text()), path


def test_every_rule_names_its_environment_log_benchmark_threads_and_resources():
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        for rule in re.split(r"^rule ", path.read_text(), flags=re.M)[1:]:
            for directive in ("log:", "benchmark:", "conda:", "threads:", "mem_mb", "runtime", "script:"):
                assert directive in rule, (path.name, rule.split(":")[0], directive)


def test_every_script_belongs_to_the_rule_of_its_name():
    workflow = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    rules = set(re.findall(r"^rule (\w+):", workflow, re.M))
    assert {path.stem for path in (ROOT / "scripts").glob("*.py")} == rules


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["numpydoc", "lint", *SOURCES],
        ["snakefmt", "--check", "Snakefile", "workflow"],
        ["snakemake", "--lint"],
    ],
    ids=lambda command: " ".join(command[:3])[:40],
)
def test_the_project_is_clean(command):
    program = str(Path(sys.executable).parent / command[0])
    run = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def build_pages(folder, site):
    """Build pages of a folder as a site, without the library's reference."""
    program = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "-t", "pages"]
    return subprocess.run([*program, "-c", ROOT / "docs", folder, site], capture_output=True, text=True)


def test_the_documentation_is_built_and_links_that_lead_nowhere_are_told(tmp_path):
    site = tmp_path / "site"
    run = build_pages(ROOT, site)
    assert run.returncode == 0, run.stdout + run.stderr
    assert {"guide.html", "glossary.html", "tutorial.html", "claims"} <= {
        path.name for path in (site / "docs").iterdir()
    }
    (tmp_path / "docs").mkdir()
    index = (
        "# A b\n\n```{toctree}\ntwo\n```\n[good](two.md#c) [self](#a-b) [bad](two.md#d) [gone](three.md) ![](no.svg)\n"
    )
    (tmp_path / "docs" / "index.md").write_text(index)
    (tmp_path / "docs" / "two.md").write_text("# B\n\n## C\n")
    broken = build_pages(tmp_path, tmp_path / "out")
    assert broken.returncode != 0
    faults = [line.split("WARNING: ")[1] for line in broken.stderr.splitlines() if "WARNING" in line]
    assert sorted(fault.rsplit(" [")[0] for fault in faults) == [
        "'myst' cross-reference target not found: 'three.md'", "image file not readable: docs/no.svg",
        "local id not found in doc 'docs/two': 'd'",
    ]  # fmt: skip
