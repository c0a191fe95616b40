"""Reading definition text: JSON and YAML, and what is said of broken text."""

import subprocess
import sys
from pathlib import Path

import pytest
from nosana.spec import DefinitionInvalid, definition_parse, definition_read

YAML = """
version: "0.1"
type: container
ops:
  - type: container/run
    id: hello
    args: {image: alpine, cmd: [echo, hello], expose: 80}
"""


def test_yaml_and_json_read_the_same() -> None:
    definition = definition_parse(YAML)
    assert definition_parse(definition.model_dump_json(by_alias=True, exclude_unset=True)) == definition


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"version": "0.1",\n "ops": [}', "The JSON is broken at line 2, column 10: expecting value."),
        ('{"a": 1, "a": 2}', 'The key "a" is written twice in one map: keep one of them.'),
        ('{"a": NaN}', "NaN is not a number JSON knows: write an ordinary number."),
        ("[" * 100_000, "The JSON is nested too deeply: 40 levels are the limit."),
        ("a: 1\na: 2", 'The key "a" is written twice in one map (line 2): keep one of them.'),
        ("a: &x 1\nb: *x", "Line 1 uses a YAML anchor (& or *): write the value out instead."),
        ("a: b: c", "The YAML is broken at line 1, column 5: mapping values are not allowed here."),
        (
            "a: !!python/object:os.system x",
            "The YAML is broken at line 1, column 4: could not determine a construc",
        ),
        (" ", "The text is empty: write a job definition in JSON or YAML."),
        (b"\xff\xfe", "The text is not UTF-8: byte 0 cannot be read. Save the file as UTF-8."),
        ("x" * 1_000_001, "The text has 1,000,001 characters; a definition may have 1,000,000 at most."),
        ("? [a]\n: b", "The YAML"),
    ],
)
def test_broken_text_gets_one_sentence(text: str | bytes, sentence: str) -> None:
    with pytest.raises(DefinitionInvalid) as caught:
        definition_read(text)
    assert str(caught.value).startswith(sentence)


def test_the_command_names_file_path_and_sentence_and_exits_1(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(YAML)
    bad.write_text(YAML.replace("image", "imge"))
    command = [sys.executable, "-m", "nosana.spec"]
    assert subprocess.run([*command, good], capture_output=True, text=True).stdout == f"{good}: valid\n"
    ended = subprocess.run([*command, good, bad, tmp_path / "none"], capture_output=True, text=True)
    assert ended.returncode == 1
    assert f"{bad}: error: ops[0].args.image: This key is missing" in ended.stdout
    assert f"{tmp_path}/none: error: The file cannot be read: No such file or directory." in ended.stdout
    assert ended.stderr == ""


def test_the_command_only_warns_of_what_the_network_lets_pass_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "high.yaml"
    file.write_text(YAML.replace("expose: 80", "expose: 70000"))
    command = [sys.executable, "-m", "nosana.spec", file]
    assert subprocess.run(command, capture_output=True).returncode == 1
    ended = subprocess.run([*command, "--network-rules"], capture_output=True, text=True)
    assert ended.returncode == 0
    assert f"{file}: warning: ops[0].args.expose: 70000 is not a port" in ended.stdout
    assert ended.stdout.endswith(f"{file}: valid\n")
