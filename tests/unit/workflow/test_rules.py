"""What stands in the rules: each has the settings, seed and resources of its stage, and reads the files it names."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from temperance.report.paper import COLD, EXAMPLE, HOT
from temperance.validation.claims import CLAIMS
from temperance.validation.paper_ising import CASES

ROOT = Path(__file__).parents[3]
TEXTS = {path.stem: path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk")}
RULES = {
    name: body
    for text in TEXTS.values()
    for name, body in re.findall(r"^rule (\w+):\n(.*?)(?=^\S|\Z)", text, re.M | re.S)
}
# Stages whose requests or settings a rule shares, instead of its own.
SHARED = {"train_together": "train", "constrain": "subsample", "export": "predict", "page": "figures"}
LARGEST = 'f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/'


def directive(rule, name):
    """The indented lines below a directive of a rule."""
    match = re.search(rf"^    {name}:\n((?:        .*\n|\n)+)", RULES[rule], re.M)
    return match[1] if match else ""


def outputs(rule):
    """File of every named output of a rule, without its folder."""
    return dict(re.findall(r'^        (\w+)=f"\{\w+\}/([\w.]+)"', directive(rule, "output"), re.M))


def test_the_rules_are_read():
    assert len(RULES) == len(list((ROOT / "scripts").glob("*.py")))
    assert outputs("train") == {
        "model": "model.safetensors", "history": "history.tsv", "strengths": "regularisation.tsv",
        "summary": "training.json",
    }  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_settings_seed_and_requests_are_those_of_the_rule_s_own_stage(rule):
    stage, body = SHARED.get(rule, rule), RULES[rule]
    for function in ("stage_memory", "stage_minutes", "seeds"):
        assert set(re.findall(rf'{function}\("(\w+)"', body)) <= {stage}, function
    for function in ("settings", "seed"):
        own = "train" if rule == "train_together" else rule
        assert set(re.findall(rf'[=]{function}\("(\w+)"\)', body)) <= {own}, function
    assert f"../../scripts/{rule}.py" in body
    # What samples or trains asks for a card; of jobs that copy a trained model none is asked for.
    if "engine_name" in body and rule not in ("truth", "check_intervals"):
        card = "lambda wildcards: 0 if trains_jointly(wildcards) else GPU" if rule == "train" else "GPU"
        assert f"        gpu={card},\n" in body


def test_a_job_has_a_seed_of_its_own_unless_it_is_the_only_one_of_its_kind():
    seeds = {rule: re.search(r"^        seeds?=(.+),$", body, re.M) for rule, body in RULES.items()}
    others = {rule: match[1] for rule, match in seeds.items() if match and match[1] != f'seed("{rule}")'}
    run = dict.fromkeys(["study_exact", "page", "report", "claim", "check_intervals", "paper_two_level", "paper_ising",
                         "paper_sector"],
                        'RUN["seed"]')  # fmt: skip
    assert others == run | {"subsample": "subset_seed", "train_together": 'seeds("train")'}


def test_inputs_of_one_name_are_the_same_file_in_all_rules():
    files = defaultdict(set)
    for rule in RULES.keys() - {"paper_page"}:
        for name, maker, output in re.findall(
            r"^        (\w+)=rules\.(\w+)\.output(?:\.(\w+))?,$", directive(rule, "input"), re.M
        ):
            (path,) = [outputs(maker)[output]] if output else outputs(maker).values()
            files[name].add(path)
        for name, path in re.findall(
            rf"^        (\w+)=lambda wildcards: {re.escape(LARGEST)}([\w.]+)\"", directive(rule, "input"), re.M
        ):
            files[name].add(path)
    expected = {
        "alignment": "alignment.safetensors", "split": "split.safetensors", "subset": "subset.safetensors",
        "model": "model.safetensors", "training": "training.json", "samples": "samples.safetensors",
        "ladder": "ladder.tsv", "states": "thermodynamics.tsv", "natural": "natural.parquet",
        "standings": "judges.json", "sequences": "sequences.parquet", "summary": "ingest.json",
        "columns": "columns.tsv", "measured": "measured.tsv", "recommendation": "recommendation.json",
        "scores": "samples.parquet",
    }  # fmt: skip
    assert dict(files) == {name: {path} for name, path in expected.items()}


def test_what_is_said_of_a_family_is_said_of_its_largest_training_set():
    """No rule of a family takes a file of another training set."""
    for rule in ("design", "measured", "predict", "export", "figures", "page"):
        folders = re.findall(r'f"\{OUT\}/\{wildcards.family\}/\{(\w+)', directive(rule, "input"))
        assert set(folders) <= {"largest_subset"}, rule
    evidence = re.search(r"^EVIDENCE = dict\((.*?)^\)", TEXTS["report"], re.M | re.S)[1]
    assert re.findall(r"^    (\w+)=(.*),$", evidence, re.M) == [
        ("family", '[f"{FAMILY}/{name}" for name in FAMILY_FILES]'), ("subsets", "files_of_subsets(*SUBSET_FILES)"),
        ("largest", "files_of_largest(*LARGEST_FILES)"), ("models", "baseline_tables"),
    ]  # fmt: skip
    assert all("**EVIDENCE" in RULES[rule] for rule in ("figures", "page"))


def test_a_file_of_the_user_that_is_replaced_repeats_the_jobs_that_read_it():
    """Also by an older one: rules that read such files have their sizes and times as a parameter."""
    users = {"alignment_input", "search_inputs", "imported_model_input", "baseline_file_input", "judge_inputs",
             "measured_tables", "validation_inputs"}  # fmt: skip
    for rule, body in RULES.items():
        read = set(re.findall(r"unpack\((\w+)\)", body)) & users
        stamped = re.search(r"stamps=stamps\((.*?)\)", body)
        assert read == (set(stamped[1].split(", ")) if stamped else set()), rule


def test_scores_whose_table_had_other_columns_are_computed_anew():
    """The columns that pages read are a parameter of the rules that write them: a change repeats these jobs."""
    writers = {rule for rule, body in RULES.items() if "/scores.tsv" in directive(rule, "output")}
    assert writers == {"score", "compare"}
    assert all('columns=COLUMNS["scores.tsv"]' in directive(rule, "params") for rule in writers)


def test_targets_make_what_the_documentation_shows():
    def listed(name, text=TEXTS["common"]):
        return re.findall(r"[\w.-]+", re.search(rf"{name}\s*=\s*\[(.*?)\]", text, re.S)[1])

    assert listed("CLAIMS") == list(CLAIMS)
    assert {f"{name}.md" for name in CLAIMS} | {"README.md"} == {
        path.name for path in (ROOT / "docs" / "claims").glob("*.md")
    }
    temperatures = [float(number) for number in listed("PAPER_TEMPERATURES")]
    assert {EXAMPLE[0], COLD, HOT, *(temperature for temperature, _ in CASES)} < set(temperatures)
    systems = re.findall(r"(\w+), M = (\d+)", (ROOT / "docs" / "coverage.md").read_text().partition("|---")[0])
    assert listed("system", TEXTS["verify"]) == [f"{kind}-{size}" for kind, size in systems] and len(systems) == 4
    assert "        repeats=100,\n" in RULES["check_intervals"]
