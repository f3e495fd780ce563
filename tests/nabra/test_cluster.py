from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from nabra.cli import main
from nabra.errors import NabraError, TerminatedError
from nabra.labelled import read_predictions
from nabra.prediction import predict_file

ray = pytest.importorskip("ray")

from nabra.analyzer import Analyzer  # noqa: E402
from nabra.cluster import predict_cluster  # noqa: E402

TEXT = "قال وزير الري السوداني عادل بشير إن المحادثات بدأت.\nوصل الوفد أمس.\n"


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """A Ray cluster on this machine, with two cores to give away."""
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Two files and a broken article."""
    folder = tmp_path / "in"
    folder.mkdir()
    records = [json.dumps({"id": str(n), "title": "عنوان", "text": TEXT * (n % 9 + 1)}) for n in range(300)]
    (folder / "a.jsonl").write_text("\n".join([*records, "{broken"]), encoding="utf-8")
    (folder / "b.txt").write_text(TEXT, encoding="utf-8")
    return folder


def read(paths: list[Path]) -> dict[str, dict]:
    records = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    assert len({record["id"] for record in records}) == len(records)
    return {record["id"]: record for record in records}


def kill_a_worker(killed: list[int]) -> None:
    """Kill the first process that holds a model."""
    for _ in range(2000):
        for process in psutil.process_iter(["cmdline"]):
            if "_Labeller" in " ".join(process.info["cmdline"] or ()):
                process.kill()
                killed.append(process.pid)
                return
        time.sleep(0.01)


def test_the_rows_are_those_of_one_process_though_a_worker_is_killed(
    tiny_model: Path, inputs: Path, tmp_path: Path
) -> None:
    settings = {"model": str(tiny_model), "threads": 1}
    local = tmp_path / "local.jsonl"
    predict_file(Analyzer.from_pretrained(**settings), [str(inputs)], local)
    killed: list[int] = []
    killer = threading.Thread(target=kill_a_worker, args=(killed,))
    killer.start()
    done = predict_cluster([str(inputs)], tmp_path / "out", analyzer=settings, workers=2)
    killer.join()
    assert killed
    assert (done["articles"], done["left_out"]) == (301, 1)
    assert read(sorted((tmp_path / "out").glob("part-*.jsonl"))) == read([local])
    (errors,) = (tmp_path / "out").glob("errors-*.jsonl")
    assert "a.jsonl:301: broken JSON" in errors.read_text(encoding="utf-8")


def test_parquet_holds_the_same(tiny_model: Path, inputs: Path, tmp_path: Path) -> None:
    shards, lines = tmp_path / "shards", tmp_path / "lines.jsonl"
    command = ["predict", str(inputs / "b.txt"), "--model", str(tiny_model), "--output"]
    assert main([*command, str(shards), "--engine", "ray", "--workers", "1", "--format", "parquet"]) == 0
    assert main([*command, str(lines)]) == 0
    assert list(read_predictions(shards)) == list(read_predictions(lines))


@pytest.mark.parametrize(
    ("stop", "message"),
    [
        (TerminatedError(), "complete shards stay in .*; to label all, name a new folder"),
        (
            RuntimeError("ray\nnabra.errors.NabraError: x: cannot be written (full)\nTo change"),
            r"x: cannot be .*full\);",
        ),
        (RuntimeError("a task\nwas lost"), "--engine ray: was lost; complete shards stay"),
    ],
)
def test_a_run_that_is_stopped_says_what_is_left(
    stop: BaseException, message: str, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    def end(_: object) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "part-000000-000000001.jsonl").touch()
        raise stop

    monkeypatch.setattr(ray.data.Dataset, "take_all", end)
    with pytest.raises((NabraError, TerminatedError), match=message):
        predict_cluster([str(inputs)], tmp_path / "out", analyzer={"model": str(tiny_model)}, workers=1)


def test_what_cannot_work_is_named(inputs: Path, tmp_path: Path) -> None:
    for taken in (inputs, inputs / "b.txt"):
        with pytest.raises(NabraError, match="is no empty folder"):
            predict_cluster([str(inputs)], taken, analyzer={})
    with pytest.raises(NabraError, match="gone: no such directory"):
        predict_cluster([str(inputs)], tmp_path / "out", analyzer={"model": "gone"})
    with pytest.raises(NabraError, match="standard input"):
        predict_cluster(["-"], tmp_path / "out", analyzer={})
    assert main(["predict", str(inputs), "--engine", "ray"]) == 2
