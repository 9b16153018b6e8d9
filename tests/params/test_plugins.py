"""Plugins: sections of the user's own join the others; what cannot be used is one line."""

import json
import os
import shutil
from pathlib import Path

import pytest
import torch

from ganmatrix import imports
from ganmatrix.errors import UserError
from ganmatrix.params import check, load, schema
from ganmatrix.params.datasets import Dataset
from ganmatrix.params.kinds import kinds
from ganmatrix.params.losses import LossByKind
from ganmatrix.params.methods import Method
from ganmatrix.params.techniques import Technique
from ganmatrix.plan import Plan
from ganmatrix.store.layout import Layout

EXAMPLES = Path(__file__).parents[2] / "examples"
TEMPLATES = Path(__file__).parents[2] / "reports" / "templates"
BUILT_IN = {union: dict(kinds(union)) for union in (Method, LossByKind, Technique, Dataset)}

SECTIONS = """
from typing import ClassVar, Literal
from pydantic import Field
from ganmatrix.params.architectures import ArchitectureSection, DcganNetwork, MlpNetwork
from ganmatrix.params.datasets import Points
from ganmatrix.params.losses import SeparableSection
from ganmatrix.params.methods import MethodSection
from ganmatrix.params.techniques import TechniqueSection
from ganmatrix.methods.gan import Gan
from ganmatrix.methods.losses.hinge import Hinge
from ganmatrix.methods.losses.loss import SeparableLoss
from ganmatrix.methods.techniques.technique import Technique as Nothing
import torch.nn.functional as F
from torch import Tensor
"""
METHOD = """
class Mine(MethodSection):
    \"\"\"Mine.\"\"\"
    kind: Literal["mine"]
    code: ClassVar[str] = f"{__name__}:Code"
    share: float = Field(ge=0, le=1)

class Code(Gan): ...

column_count = 3

def column(params): ...
"""
OTHERS = """
class Loss(SeparableSection):
    kind: Literal["my_loss"]
    code: ClassVar[str] = f"{__name__}:Hinge"

class Technique(TechniqueSection):
    kind: Literal["my_technique"]
    code: ClassVar[str] = f"{__name__}:Nothing"

class Data(Points):
    kind: Literal["my_points"]
    code: ClassVar[str] = f"{__name__}:Code"

class Network(MlpNetwork):
    code: ClassVar[str] = f"{__name__}:Code"

class Family(ArchitectureSection):
    kind: Literal["my_family"]
    points: Network = Network()
    images: DcganNetwork = DcganNetwork()
"""
USED = ("  gan: {kind: gan, loss: non_saturating}", "  gan: {kind: mine, share: 0.5}")


@pytest.fixture
def plugin(project):
    """Write plugins/mine.py and a params file that names it, with more edits."""

    def write(source: str, *edits: tuple[str, str], places: str = "[plugins/mine.py]") -> Path:
        Path("plugins").mkdir(exist_ok=True)
        Path("plugins/mine.py").write_text(SECTIONS + source)
        imports._file_digest.cache_clear()
        imports._imported.cache_clear()
        imports.digest.cache_clear()
        return project(("grid:", f"plugins: {places}\ngrid:"), *edits)

    yield write
    load(project())


def test_its_sections_are_used_like_the_others(plugin):
    params, _ = load(plugin(METHOD, USED))
    assert params.methods["gan"].share == 0.5
    assert params.methods["gan"].loss.kind == "non_saturating"
    assert params.methods["gan"].module() == "ganmatrix_plugins.mine"
    assert "mine" in kinds(Method)
    assert '"mine"' in schema()
    assert params.model_validate(params.model_dump()) == params


def test_every_family_may_be_joined(plugin):
    edits = (
        ("loss: non_saturating", "loss: my_loss, techniques: [{kind: my_technique}]"),
        ("kind: ring, modes: 8, radius: 0.8, std: 0.02", "kind: my_points"),
        ("kind: resnet_sn", "kind: my_family"),
    )
    params, _ = load(plugin(METHOD + OTHERS, *edits))
    gan = params.methods["gan"]
    assert (gan.loss.kind, gan.techniques[0].kind) == ("my_loss", "my_technique")
    assert params.datasets["ring8"].is_points
    assert params.architectures["resnet_sn"].points.module() == "ganmatrix_plugins.mine"


def test_other_params_know_nothing_of_it(plugin, project):
    load(plugin(METHOD + OTHERS, USED))
    load(project())
    for union, known in BUILT_IN.items():
        assert kinds(union) == known
    with pytest.raises(UserError, match=r"methods\.gan\.kind is 'mine'; choose from"):
        load(project(USED))


def test_values_of_a_plugin_are_checked(plugin):
    with pytest.raises(UserError, match=r"methods\.gan\.share is 2; expected <= 1"):
        load(plugin(METHOD, (USED[0], "  gan: {kind: mine, share: 2}")))
    with pytest.raises(UserError, match=r"methods\.gan\.shar: unknown key; did you mean share\?"):
        load(plugin(METHOD, (USED[0], "  gan: {kind: mine, shar: 2}")))


def _codes(path: Path) -> dict[str, str]:
    plan = Plan(load(path)[0], Layout(Path()), TEMPLATES)
    return {str(task): plan.digest(task)["code"] for task in plan.tasks()}


def test_its_bytes_count_where_it_is_used(plugin):
    """A changed plugin outdates what its method trained, and nothing else."""
    before = _codes(plugin(METHOD, USED))
    after = _codes(plugin(METHOD + "# changed\n", USED))
    changed = {task for task in before if before[task] != after[task]}
    cells = {
        f"{verb} {d}-{a}-gan"
        for verb in ("train", "evaluate", "probe")
        for d in ("ring8", "digits")
        for a in ("conventional", "resnet_sn")
    }
    assert changed == cells | {"transfer ring8", "transfer digits"}
    unused = plugin(METHOD)
    before = _codes(unused)
    assert before == _codes(plugin(METHOD + "# changed\n"))


BAD = {
    "no such file": ("", "[plugins/other.py]", "plugins[0] is plugins/other.py, which does not exist"),
    "elsewhere": ("", "[mine.py]", "plugins[0] is 'mine.py'; expected a file in plugins/"),
    "above": ("", "[plugins/../mine.py]", "expected a file in plugins/"),
    "a name that is no module's": ("", "[plugins/My-One.py]", "expected a file in plugins/"),
    "no list": ("", "plugins/mine.py", "plugins is 'plugins/mine.py'; expected a list"),
    "no texts": ("", "[3]", "plugins[0] is 3; expected text"),
    "bad syntax": ("def (", None, "plugins[0]: plugins/mine.py cannot be imported: SyntaxError: "),
    "no such package": (
        "import nowhere_at_all",
        None,
        "cannot be imported: ModuleNotFoundError: No module named",
    ),
    "an error of its own": (
        "1 / 0",
        None,
        "cannot be imported: ZeroDivisionError: division by zero (line 15)",
    ),
    "an end": ("raise SystemExit(3)", None, "cannot be imported: SystemExit: 3"),
    "no section": (
        "class Mine: ...",
        None,
        "has no section of params; give it a subclass of one of MethodSection",
    ),
    "a name that exists": (METHOD.replace('"mine"', '"gan"'), None, "Mine.kind is gan, which exists already"),
    "twice the same": (METHOD + METHOD.replace("Mine", "Again"), None, "kind is mine, which exists already"),
    "two names": (METHOD.replace('"mine"', '"a", "b"'), None, "Mine.kind is not fixed; give it one name"),
    "any name": (METHOD.replace('Literal["mine"]', "str"), None, "Mine.kind is not fixed; give it one name"),
    "no code": (
        METHOD.replace("    code:", "    codes:"),
        None,
        "Mine does not say where its code is; add code",
    ),
    "a kind that is no name": (METHOD.replace('"mine"', '"Bad one/x"'), None, "expected a name of a-z, 0-9"),
    "a function for a class": (METHOD.replace(":Code", ":column"), None, "expected a subclass of methods.m"),
    "a loss": (
        METHOD.replace(":Code", ":Hinge"),
        None,
        "expected a subclass of methods.method",
    ),
    "a number": (METHOD.replace(":Code", ":column_count"), None, "expected a subclass of methods.method"),
    "half a loss": (
        METHOD + OTHERS.replace(":Hinge", ":SeparableLoss"),
        None,
        "which does not define generator, on_fake, on_real; write what is missing",
    ),
    "code that is not there": (
        METHOD.replace(":Code", ":Cod"),
        None,
        "which cannot be found (AttributeError)",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_one_line(name, plugin):
    source, places, message = BAD[name]
    path = plugin(source, places=places or "[plugins/mine.py]")
    with pytest.raises(UserError) as error:
        load(path)
    line = str(error.value)
    assert line.startswith(f"{path}: plugins")
    assert message in line
    assert "\n" not in line
    assert check(path)[1][0] in line
    for union, known in BUILT_IN.items():
        assert kinds(union) == known


def test_the_example_is_sound(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("plugins").mkdir()
    shutil.copy(EXAMPLES / "label_noise.py", "plugins")
    params, _ = load(EXAMPLES / "label_noise.yaml")
    assert params.methods["label_noise"].share == 0.05
    assert json.loads(params.model_dump_json())["methods"]["label_noise"]["kind"] == "label_noise"


def test_what_a_plugin_prints_is_not_what_a_verb_prints(plugin, capsys):
    load(plugin("print('hello')\n" + METHOD, USED))
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello\n")


def test_the_loss_in_the_docs_is_whole(plugin):
    """Its formula, by hand."""
    page = (EXAMPLES.parent / "docs" / "plugins.md").read_text()
    block = page.split("A loss in full:")[1].split("```python\n")[1].split("```")[0]
    params, _ = load(plugin(block, ("loss: non_saturating", "loss: {kind: my_hinge, margin: 2}")))
    section = params.methods["gan"].loss
    loss = section.load()(section)
    logits = torch.tensor([-3.0, 0.0, 1.0])
    assert float(loss.real(logits)) == pytest.approx((25 + 4 + 1) / 3)
    assert float(loss.fake(logits)) == pytest.approx((0 + 4 + 9) / 3)
    assert float(loss.generator(logits, None)) == pytest.approx(2 / 3)


def test_a_pipe_is_not_waited_for(plugin):
    path = plugin(METHOD, USED, places="[plugins/pipe.py]")
    os.mkfifo("plugins/pipe.py")
    with pytest.raises(UserError, match=r"plugins\[0\]: plugins/pipe\.py is no file; give a Python file"):
        load(path)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: ring,", "kind: blob,", True),
        ("kind: ring,", "kind: rings,", False),
        ("kind: efficientnet_lite0", "kind: mystery", False),
        ("kind: adam", "kind: mystery", False),
    ],
)
def test_an_unknown_kind_that_could_be_a_plugin_is_told_so(tmp_path, old, new, told):
    text = (Path(__file__).parents[2] / "pipeline/scales/smoke.yaml").read_text()
    assert old in text
    (tmp_path / "x.yaml").write_text(text.replace(old, new))
    problems = check(tmp_path / "x.yaml")[1]
    assert len(problems) == 1 + ("adam" in old)  # the recipes of both datasets
    assert all(("`plugins`" in line) == told for line in problems)
