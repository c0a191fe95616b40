"""The platform's own templates: each is a definition a node runs, and says what it asks."""

import asyncio
import json
from pathlib import Path

import pytest
from nosana.engine import Flow, LocalRunner
from nosana.spec import definition_parse, definition_validate

from apps.jobs.definitions import definition_check
from apps.jobs.gallery import Recipe, Starter, TemplateRefused, Variable, starters, variables_filled
from tests.jobs.recipes import FACTS

WANTED = {
    "vllm", "ollama", "open-webui", "comfyui", "stable-diffusion", "whisper", "jupyter", "pytorch", "tensorflow",
    "axolotl", "llama-bench", "cuda-check", "rocm-check",
}  # fmt: skip


def test_the_gallery_has_what_people_come_for() -> None:
    slugs = [one.slug for one in starters()]
    assert set(slugs) >= WANTED
    assert len(set(slugs)) == len(slugs)


@pytest.mark.parametrize("starter", starters(), ids=lambda one: one.slug)
def test_every_template_is_a_definition_that_the_network_and_the_platform_accept(starter: Starter) -> None:
    recipe = starter.recipe
    assert Recipe.checked(recipe.facts) == recipe
    assert definition_validate(recipe.standard) == []
    definition_check(recipe.standard)
    assert json.loads(starter.text) == starter.definition
    assert recipe.description
    for one in recipe.variables:
        assert one.default or one.kind == "secret" or not one.required, one.name
        assert one.label or one.kind == "secret"


def test_the_first_template_is_the_definition_that_the_demo_runs() -> None:
    demo = Path(__file__).resolve().parents[2] / "sandbox" / "definitions" / "primes.json"
    assert starters()[0].definition == json.loads(demo.read_text())


def test_a_template_without_a_gpu_runs_with_the_values_of_its_variables(tmp_path: Path) -> None:
    shell = next(one for one in starters() if one.slug == "shell").recipe
    values = shell.defaults | {"command": """echo "result: it's 42"; echo done"""}
    definition = definition_parse(variables_filled(shell.definition, shell.variables, values))

    async def play() -> list[str | list[str]]:
        flow = Flow(definition, "Job1111111111111111111111111111111111111111", LocalRunner(tmp_path))
        state = await asyncio.wait_for(flow.run(), 60)
        return [(op.results or {}).get("result", "") for op in state.op_states]

    assert asyncio.run(play()) == [["result: it's 42", "it's 42"]]


def test_a_secret_nobody_gave_leaves_no_trace_in_the_definition() -> None:
    recipe = Recipe.checked(FACTS)
    without = variables_filled(recipe.definition, recipe.variables, {"word": "hi"})
    assert "secret" not in json.dumps(without)
    assert without["global"] == {"variables": {"word": "hi"}}
    given = variables_filled(recipe.definition, recipe.variables, {"word": "hi", "TOKEN": "x"})
    assert given["ops"][0]["args"]["env"] == {"TOKEN": "%%secret.TOKEN%%"}


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        (Variable("n", "number", least=1, most=9), "10", "between 1 and 9"),
        (Variable("n", "number", least=1), "0", "at least 1"),
        (Variable("n", "number"), "1.5", "whole number"),
        (Variable("n", "choice", choices=("a", "b")), "c", "one of a, b"),
        (Variable("n", "resource", source="HF"), "no-owner", "owner/name"),
        (Variable("n"), " ", "needs a value"),
        (Variable("n"), "%%global.job%%", "may not contain"),
    ],
)
def test_a_value_that_does_not_fit_is_told_in_a_sentence(variable: Variable, value: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        variable.clean(value)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title": " "}, "title", "few words"),
        ({"tags": ["No Spaces"]}, "tags", "small letters"),
        ({"vram_gb": -1}, "vram_gb", "between 0"),
        ({"gpu": "intel"}, "gpu", "Choose one of"),
        ({"definition": []}, "definition", "is a map"),
        ({"definition": {**FACTS["definition"], "colour": 1}}, "definition", "colour"),
        ({"variables": [{"name": "word"}, {"name": "word"}]}, "variables", "has this name already"),
        ({"variables": [{"name": "word", "colour": 1}]}, "variables", "is unknown"),
        ({"variables": [{"name": "word", "kind": "number", "default": "x"}]}, "variables", "default does not fit"),
        ({"variables": [{"name": "TOKEN", "kind": "secret", "default": "x"}]}, "variables", "no default"),
        ({"variables": [*FACTS["variables"], {"name": "idle"}]}, "variables", "stands nowhere"),
        ({"variables": [FACTS["variables"][1]]}, "definition", "word"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused_at_its_field(
    changes: dict[str, object], field: str, sentence: str
) -> None:
    with pytest.raises(TemplateRefused) as refusal:
        Recipe.checked(FACTS | changes)
    assert sentence in " ".join(refusal.value.fields[field])


def test_a_password_written_out_is_not_kept_and_becomes_a_secret() -> None:
    login = {"docker": {"username": "u", "password": "hunter22"}}
    args = {"image": "alpine", "cmd": ["echo", "%%global.variables.word%%"], "authentication": login}
    definition = {**FACTS["definition"], "ops": [{"type": "container/run", "id": "say", "args": args}]}
    recipe = Recipe.checked(FACTS | {"definition": definition, "variables": FACTS["variables"][:1]})
    assert "hunter22" not in json.dumps(recipe.facts)
    assert [one.kind for one in recipe.variables] == ["text", "secret"]
