"""docs/cifar.md: its tables are those of the files it keeps, and say nothing before the plan is through."""

import importlib.util
from types import ModuleType

import pandas as pd
import pytest

from helpers.engines import HOME


@pytest.fixture
def study() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cifar_study", HOME / "studies/cifar.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(study) -> None:
    scores = pd.read_csv(study.KEPT / "scores.csv")
    page = study.PAGE.read_text(encoding="utf-8")
    for name, make in (("progress", study.progress), ("scores", study.table)):
        assert study.rewritten(page, name, make(scores)) == page
    assert study.rewritten(page, "verdicts", study.verdicts()) == page


def test_there_are_verdicts_only_when_all_runs_are_done(study) -> None:
    scores = pd.read_csv(study.KEPT / "scores.csv")
    planned = {(run.method, run.seed) for run in study.planned()}
    done = set(zip(scores["method"], scores["seed"], strict=True))
    assert done <= planned
    assert (study.KEPT / "claims.csv").exists() == (done == planned)
    assert ("Unfinished" in study.progress(scores)[0]) == (done != planned)


def test_a_claim_needs_the_whole_plan(study, tmp_path, monkeypatch) -> None:
    """The claims of a preview are not taken over; those of a finished matrix are."""
    monkeypatch.setattr(study, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(study, "sheet", lambda project, rows: study.Image.new("RGB", (2, 2)))
    rows = [
        {"dataset": run.dataset, "architecture": run.architecture, "method": run.method, "seed": run.seed}
        for run in study.planned()
    ]
    whole = pd.DataFrame(rows).assign(generator_steps=3000, outcome="completed", operations_per_step=1.0)
    for column in [*(f"{score}_{study.EXTRACTOR}" for score in study.SCORES), *study.COSTS]:
        whole[column] = 1.0
    (tmp_path / "results").mkdir()
    pd.DataFrame({"claim": ["x"]}).to_parquet(tmp_path / "results/claims.parquet")
    whole.iloc[1:].to_parquet(tmp_path / "results/matrix.parquet")
    study.take(tmp_path)
    assert not (study.KEPT / "claims.csv").exists()
    whole.to_parquet(tmp_path / "results/matrix.parquet")
    study.take(tmp_path)
    assert (study.KEPT / "claims.csv").exists()
    kept = pd.read_csv(study.KEPT / "scores.csv")
    assert list(zip(kept["method"], kept["seed"], strict=True)) == [
        (r.method, r.seed) for r in study.planned()
    ]
