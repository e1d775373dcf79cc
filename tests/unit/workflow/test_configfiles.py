"""Configuration files are read as YAML 1.2, and what could be misread is refused with its line."""

import json
from types import SimpleNamespace

import pytest

from temperance.core.errors import InputError
from temperance.workflow.configfiles import YamlError, merge, parse_yaml, read_again, read_configuration
from temperance.workflow.configuration import configure


@pytest.mark.parametrize(
    ("written", "value"),
    [
        # Text in YAML 1.2; truth values, octal, sexagesimal and binary numbers, and dates in YAML 1.1.
        *((text, text) for text in ("NO", "no", "yes", "Yes", "on", "OFF", "y", "tRue", "12:30", "1_000", "0b11")),
        *((text, text) for text in ("2024-01-01", "1.5.2", ".", "+", "e5", ".e5", "<<", "=", "nan", "inf")),
        ("0100", 100), ("007", 7), ("0x1F", 31), ("0o17", 15), ("-12", -12), ("+5", 5),
        ("1e-3", 0.001), ("1E5", 1e5), (".5", 0.5), ("5.", 5.0), ("1.e3", 1000.0), ("-1.5e+2", -150.0),
        ("'007'", "007"), ('"1e5"', "1e5"), ("''", ""), ("!!str 007", "007"), ("|\n  x\n", "x\n"),
        ("~", None), ("null", None), ("", None), ("true", True), ("FALSE", False), ("-.INF", float("-inf")),
    ],
)  # fmt: skip
def test_plain_values_are_those_of_yaml_1_2(written, value):
    parsed = parse_yaml(f"key: {written}")["key"]
    assert parsed == value and type(parsed) is type(value)


@pytest.mark.parametrize("key", ["NO", "yes", "~", "null", "0777", "007", "12:30", "1_0", "1e5", "1.0", "2024-01-01"])
def test_a_key_is_the_text_that_stands_there(key):
    assert parse_yaml(f"{key}: 1") == {key: 1}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: 2\n'a': 3\n", 3, "the key 'a' is on line 1 already"),
        ("a:\n  b: 1\n  c: {b: 2}\n  b: 3\n", 4, "the key 'b' is on line 2 already"),
        ("- {a: 1,\n   a: 1}\n", 2, "the key 'a' is on line 1 already"),
        ("<<: {a: 1}\n<<: {b: 2}\n", 2, "the key '<<' is on line 1 already"),
        ('{\n\t"a": 1,\n\t"a": 2}', 3, "the key 'a' is on line 2 already"),
        ("a: 1\r\na: 2\r\n", 2, "the key 'a' is on line 1 already"),
        ("x: 1\na: &t {b: *t}\n", 2, "an alias stands within what it stands for"),
        ("x: 1\na: &t [1, [*t]]\n", 2, "an alias stands within what it stands for"),
        ("a: 1\ntrain:\n\tchains: 3\n", 3, "indent with spaces, not tabs"),
        ("a: 1\nb: *x\n", 2, "undefined alias 'x'"),
        ("a: 1\nb: c: d\n", 2, "mapping values are not allowed here"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a: 1\nb: \x00\n", 2, r"the character '\\x00' is not allowed"),
        ("a: 1\n? [b]\n: 2\n", 2, "a key is empty or no text"),
        ("a: 1\n'': 2\n", 2, "a key is empty or no text"),
        ("a: 1\nb: !!python/object:os.path 1\n", 2, "tag .*python/object:os.path is not supported"),
        ("a: 1\nb: !mine {}\n", 2, "tag !mine is not supported"),
        ("a: 1\nb: {<<: 3}\n", 2, "'<<' merges sections"),
        (f"a: 1\nb: {'9' * 401}\n", 2, "a number of 401 characters"),
        ("a: 1\nb: " + "[" * 20_000, 2, "nested too deeply"),
        ("a: 1\nb: " + "{a: " * 51 + "1" + "}" * 51, 2, "nested more than 50 levels"),
    ],
)
def test_a_mistake_is_named_with_its_line(text, line, problem):
    with pytest.raises(YamlError, match=problem) as raised:
        parse_yaml(text)
    assert raised.value.line == line


def test_aliases_that_would_fill_the_memory_are_refused():
    # Ten lists of ten aliases each: 10^10 values, in 300 characters.
    lists = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 11))
    with pytest.raises(YamlError, match="more than 1,000,000 values"):
        parse_yaml(f"a0: &a0 1\n{lists}")


def test_aliases_and_merged_sections_are_read():
    text = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: *a\nd: {<<: *a, y: 5}\ne: {<<: [*a, *b]}\n"
    parsed = parse_yaml(text)
    assert parsed["c"] == {"x": 1, "y": 2}
    assert parsed["d"] == {"x": 1, "y": 5}
    # Of merged sections the first that has a key counts.
    assert parsed["e"] == {"x": 1, "y": 2, "z": 4}


def test_json_is_read_with_tabs_and_escapes():
    content = {"alignment": "a\tb é😀/\\", "train": {"chains": 200, "l2": 1e-05}, "none": None, "list": [True, "007"]}
    assert parse_yaml(json.dumps(content, indent="\t")) == content
    assert parse_yaml(json.dumps(content, ensure_ascii=False)) == content


def test_later_files_and_the_command_line_override_earlier_files_section_by_section(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.json"
    first.write_text("alignment: a\ntrain: {chains: 100, max_steps: 7}\nfamily: NO\n")
    second.write_text('{"train": {"chains": 200}}')
    overrides = {"train": {"threads": 3}, "alignment": "b"}
    assert read_configuration([first, second], overrides) == {
        "alignment": "b", "family": "NO", "train": {"chains": 200, "max_steps": 7, "threads": 3},
    }  # fmt: skip
    assert overrides == {"train": {"threads": 3}, "alignment": "b"}


def test_a_section_replaces_a_value_and_a_value_a_section():
    assert merge({"a": 1, "b": {"c": 2}}, {"a": {"d": 3}, "b": 4}) == {"a": {"d": 3}, "b": 4}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no keys at top level"),
        (b"# nothing\n", "has no keys at top level"),
        (b"family.fasta", "has no keys at top level"),
        (b"- a: 1\n", "has no keys at top level"),
        (b"a: 1\nb: [\n", "line 3: not valid YAML"),
        ("a: 1\nb: Müller\n".encode("latin-1"), "line 2: not UTF-8 (byte 0xfc); save the file as UTF-8"),
        # Snakemake reads UTF-8 alone.
        ("alignment: a\n".encode("utf-16"), "line 1: not UTF-8 (byte 0xff)"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused_in_one_line(content, message, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_configuration([path], {})
    assert str(raised.value).startswith(str(path)) and message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_read_with_and_without_a_byte_order_mark(encoding, tmp_path):
    (tmp_path / "mine.yaml").write_bytes("alignment: Müller.fasta\r\n".encode(encoding))
    assert read_configuration([tmp_path / "mine.yaml"], {}) == {"alignment": "Müller.fasta"}


def test_a_device_and_a_folder_are_no_configuration(tmp_path):
    for path, problem in (
        ("/dev/zero", "a pipe or a device"),
        (tmp_path, "a folder"),
        (tmp_path / "x", "no such file"),
    ):
        with pytest.raises(InputError, match=problem):
            read_configuration([path], {})


def test_families_keep_the_names_that_are_written(tmp_path):
    names = ["NO", "yes", "on", "null", "007", "0777", "1e5", "1_0", "1.0", "NA", "true"]
    path = tmp_path / "mine.yaml"
    path.write_text("families:\n" + "".join(f"  {name}: {{alignment: a}}\n" for name in names))
    assert list(configure(read_configuration([path], {}))["families"]) == names


@pytest.mark.parametrize("name", ["~", "12:30", '"kunitz\\n"', "a/b", ".hidden", '"a b"', "-x", "é", '"="', "x" * 101])
def test_families_whose_names_are_no_names_of_folders_are_refused(name, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(f"families:\n  {name}: {{alignment: a}}\n")
    with pytest.raises(InputError, match=r"^families: "):
        configure(read_configuration([path], {}))


def test_columns_with_leading_zeros_are_not_read_as_others(tmp_path):
    # In YAML 1.1 012 is the number 10.
    path = tmp_path / "mine.yaml"
    path.write_text("alignment: a\nconstraints: {fixed: {012: C}}\n")
    with pytest.raises(InputError, match=r"^constraints.fixed: '012'"):
        configure(read_configuration([path], {}))


def workflow_with(tmp_path, is_module=False, replaces=False):
    """Write an own and an overriding file, and return the parts of Snakemake's workflow that name them."""
    (tmp_path / "own.yaml").write_text("family: NO\ntrain: {chains: 0100, max_steps: 7}\n")
    (tmp_path / "mine.yaml").write_text("train: {chains: 0200}\n")
    overriding = [tmp_path / "mine.yaml"]
    return SimpleNamespace(
        modifier=SimpleNamespace(skip_configfile=is_module),
        overwrite_configfiles=overriding,
        configfiles=[*overriding, tmp_path / "own.yaml"],
        config_settings=SimpleNamespace(config={"seed": 3}, replace_workflow_config=replaces),
    )


def test_what_snakemake_has_read_is_read_again(tmp_path):
    # The command line overrides its files, and these those of the workflow.
    config = {"family": False, "train": {"chains": 128, "max_steps": 7}}
    read_again(workflow_with(tmp_path), config)
    assert config == {"family": "NO", "train": {"chains": 200, "max_steps": 7}, "seed": 3}
    read_again(workflow_with(tmp_path, replaces=True), config)
    assert config == {"train": {"chains": 200}, "seed": 3}


def test_the_configuration_of_a_module_is_left_as_it_is(tmp_path):
    config = {"alignment": "a"}
    read_again(workflow_with(tmp_path, is_module=True), config)
    assert config == {"alignment": "a"}
