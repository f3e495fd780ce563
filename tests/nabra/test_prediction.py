from __future__ import annotations

import errno
import gzip
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nabra.analyzer import Analyzer
from nabra.article import Article
from nabra.errors import NabraError
from nabra.prediction import ResumeError, errors_path, predict_file

TEXT = "قال وزير الري السوداني عادل بشير إن المحادثات بدأت.\nوصل الوفد أمس.\n"
BROKEN = (5, 40, 60)


@pytest.fixture
def analyzer(tiny_model: Path) -> Analyzer:
    return Analyzer.from_pretrained(str(tiny_model), threads=1)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Sixty articles of many lengths, three of them broken."""
    path = tmp_path / "in.jsonl"
    records = [json.dumps({"id": str(n), "text": TEXT * (n % 37 + 1)}) for n in range(1, 61)]
    for number in BROKEN:
        records[number - 1] = "{broken"
    path.write_text("\n".join(records), encoding="utf-8")
    return path


class StoppedError(Exception):
    """What stops a run in a test."""


def stop_after(calls: int) -> Callable[[int], None]:
    """A callback that fails at the given call."""
    left = [calls]

    def count(_: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise StoppedError

    return count


def test_all_is_labelled_in_order_and_the_broken_are_listed(analyzer: Analyzer, source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    done = predict_file(analyzer, [str(source)], output)
    ids = [json.loads(line)["id"] for line in output.read_text(encoding="utf-8").splitlines()]
    assert ids == [str(n) for n in range(1, 61) if n not in BROKEN]
    faults = [json.loads(line) for line in errors_path(output).read_text(encoding="utf-8").splitlines()]
    assert [fault["position"] for fault in faults] == list(BROKEN)
    assert (done.articles, done.left_out) == (57, 3)


@pytest.mark.parametrize("stops", [[1], [2], [3, 1], [1, 1, 1]])
def test_a_run_that_was_stopped_ends_with_the_same_bytes(
    stops: list[int], analyzer: Analyzer, source: Path, tmp_path: Path
) -> None:
    whole, output = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    predict_file(analyzer, [str(source)], whole)
    for stop in stops:
        with pytest.raises(StoppedError):
            predict_file(analyzer, [str(source)], output, resume=True, on_labelled=stop_after(stop))
        # What a kill may leave behind: part of a line, and faults that the next block will find again.
        with (tmp_path / "out.jsonl.partial").open("ab") as file:
            file.write(b'{"id": "half')
    labelled: list[int] = []
    done = predict_file(analyzer, [str(source)], output, resume=True, on_labelled=labelled.append)
    assert output.read_bytes() == whole.read_bytes()
    assert errors_path(output).read_bytes() == errors_path(whole).read_bytes()
    assert sum(labelled) < done.articles == 57
    assert not list(tmp_path.glob("*.partial")) + list(tmp_path.glob("*.state"))


def test_killed_at_a_random_moment_and_resumed(tiny_model: Path, source: Path, tmp_path: Path) -> None:
    output, whole = tmp_path / "out.jsonl", tmp_path / "whole.jsonl"
    options = ["--model", str(tiny_model), "--inference.threads", "1"]
    command = [sys.executable, "-m", "nabra", "predict", str(source), *options, "--resume", "--output"]
    process = subprocess.Popen([*command, str(output)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while process.poll() is None and not (tmp_path / "out.jsonl.state").exists() and time.monotonic() < deadline:
        time.sleep(0.002)
    process.kill()
    process.wait()
    assert subprocess.run([*command, str(output)], check=False).returncode == 1
    assert subprocess.run([*command, str(whole)], check=False).returncode == 1
    assert output.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("renamed", [1, 2])
def test_killed_while_the_complete_files_get_their_names(
    renamed: int, analyzer: Analyzer, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, whole = tmp_path / "out.jsonl", tmp_path / "whole.jsonl"
    (tmp_path / "last.txt").write_text(TEXT, encoding="utf-8")  # which only the last block begins
    inputs = [str(source), str(tmp_path / "last.txt")]
    predict_file(analyzer, inputs, whole)
    with monkeypatch.context() as patch:
        left = [renamed]

        def rename(before: Path, after: Path) -> None:
            if not after.name.endswith(".state"):
                if not left[0]:
                    raise StoppedError
                left[0] -= 1
            Path(before).rename(after)

        patch.setattr("nabra.prediction.os.replace", rename)
        if renamed == 2:
            patch.setattr(Path, "unlink", lambda path, missing_ok=False: None)
        if renamed == 1:
            with pytest.raises(StoppedError):
                predict_file(analyzer, inputs, output)
        else:
            predict_file(analyzer, inputs, output)
    predict_file(analyzer, inputs, output, resume=True)
    assert output.read_bytes() == whole.read_bytes()
    assert errors_path(output).read_bytes() == errors_path(whole).read_bytes()
    assert not list(tmp_path.glob("*.partial")) + list(tmp_path.glob("*.state"))


def test_a_run_that_is_not_resumed_begins_anew(analyzer: Analyzer, source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    with pytest.raises(StoppedError):
        predict_file(analyzer, [str(source)], output, on_labelled=stop_after(2))
    labelled: list[int] = []
    predict_file(analyzer, [str(source)], output, on_labelled=labelled.append)
    assert sum(labelled) == 57


def test_a_file_whose_size_cannot_be_told_leaves_the_other_files(
    analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
    stat = Path.stat

    def refuse(path: Path, **options: Any) -> Any:
        if path.name == "a.txt":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    assert predict_file(analyzer, [str(tmp_path)], tmp_path / "result" / "out.jsonl").position == 2


def test_a_fault_in_the_midst_of_a_file_leaves_the_other_files(analyzer: Analyzer, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(json.dumps({"text": TEXT}).encode())[:-9])
    (tmp_path / "b.txt").write_text(TEXT, encoding="utf-8")
    output = tmp_path / "result" / "out.jsonl"
    done = predict_file(analyzer, [str(tmp_path)], output)
    assert done.left_out == 1
    assert "a.jsonl.gz: cannot be read" in errors_path(output).read_text(encoding="utf-8")
    assert json.loads(output.read_text(encoding="utf-8"))["id"] == "b"


def test_all_that_is_read_is_told(analyzer: Analyzer, source: Path, tmp_path: Path) -> None:
    sizes: list[int] = []
    predict_file(analyzer, [str(source)], tmp_path / "out.jsonl", on_read=sizes.append)
    assert sum(sizes) == source.stat().st_size


def damage_state(folder: Path) -> None:
    (folder / "out.jsonl.state").write_text("{", encoding="utf-8")


def remove_partial(folder: Path) -> None:
    (folder / "out.jsonl.partial").unlink()


def change_state(**values: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "out.jsonl.state"
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")

    return change


def change_input(folder: Path) -> None:
    with (folder / "in.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps({"text": TEXT}))


@pytest.mark.parametrize(
    ("spoil", "inputs", "message"),
    [
        (damage_state, ["in.jsonl"], r"out\.jsonl\.state: is damaged"),
        (remove_partial, ["in.jsonl"], r"out\.jsonl\.partial is gone or cut short"),
        (change_state(position="3"), ["in.jsonl"], r"out\.jsonl\.state: is damaged"),
        (change_state(output_size=-1), ["in.jsonl"], r"out\.jsonl\.state: is damaged"),
        (change_state(inputs=[1]), ["in.jsonl"], r"out\.jsonl\.state: is damaged"),
        (change_state(position=1000), ["in.jsonl"], "files that were read have changed"),
        (change_state(errors_size=10**6), ["in.jsonl"], r"out\.errors\.jsonl\.partial is gone or cut short"),
        (change_state(settings={"text_field": "body"}), ["in.jsonl"], "begun with text_field 'body', not 'text'"),
        (change_input, ["in.jsonl"], "files that were read have changed"),
        (lambda _: None, ["."], "name the same inputs again"),
        (lambda _: None, ["-"], "standard input cannot be read again"),
    ],
)
def test_what_cannot_be_gone_on_with_is_named(
    spoil: Callable[[Path], None],
    inputs: list[str],
    message: str,
    analyzer: Analyzer,
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoppedError):
        predict_file(analyzer, [source.name], Path("out.jsonl"), on_labelled=stop_after(2))
    spoil(tmp_path)
    with pytest.raises(ResumeError, match=message):
        predict_file(analyzer, inputs, Path("out.jsonl"), resume=True)


def test_an_output_that_is_taken_away_is_said(analyzer: Analyzer, source: Path, tmp_path: Path) -> None:
    output = tmp_path / "gone" / "out.jsonl"
    with pytest.raises(NabraError, match=r"out\.jsonl\.partial: was taken away while it was written"):
        predict_file(analyzer, [str(source)], output, on_labelled=lambda _: shutil.rmtree(output.parent))
    assert not output.parent.exists()


def test_missing_inputs_are_named_before_anything_is_written(analyzer: Analyzer, source: Path, tmp_path: Path) -> None:
    with pytest.raises(NabraError, match="no such file or folder"):
        predict_file(analyzer, [str(source), str(tmp_path / "gone.txt")], tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_an_article_keeps_its_answer_whatever_the_blocks(analyzer: Analyzer) -> None:
    articles = [Article.from_dict({"id": str(n), "sentences": [{"text": "وصل الوفد."}] * n}) for n in range(1, 40)]
    alone = [next(analyzer.analyze_many([article])) for article in articles]
    for one, other in zip(alone, analyzer.analyze_many(articles), strict=True):
        assert [s.tone for s in one.sentences] == [s.tone for s in other.sentences]
