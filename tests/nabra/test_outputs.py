"""Outputs that exist, that cannot be written, and commands that are told to stop."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from nabra.analyzer import Analyzer
from nabra.article import Article, Sentence
from nabra.cli import guard, main
from nabra.commands import reading
from nabra.errors import NabraError, TerminatedError
from nabra.formats import write_labelled
from nabra.prediction import predict_file
from nabra.reports import write_report
from nabra.writers import atomic_writer, check_output
from tests.conftest import ROOT

MODEL = ROOT / "tests" / "fixtures" / "checkpoint-1"
ARTICLE = str(ROOT / "seeds" / "articles" / "01-water-talks.txt")
CORPUS = str(ROOT / "seeds" / "challenge.jsonl")
OPTIONS = ["--model", str(MODEL), "--inference.threads", "1"]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labelled_file: Path) -> None:
    """`labelled.jsonl` lies in it."""
    monkeypatch.chdir(tmp_path)


COMMANDS = [
    ["predict", ARTICLE, *OPTIONS, "--output", "out"],
    ["convert", "labelled.jsonl", "out", "--to", "conll"],
    ["report", "labelled.jsonl", "--output", "out"],
    ["select", "--predictions", "labelled.jsonl", "--output", "out"],
    ["evaluate", *OPTIONS, "--data", "labelled.jsonl", "--output", "out"],
    ["evaluate", *OPTIONS, "--data", "labelled.jsonl", "--report", "out"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0] + command[-2])
def test_outputs_in_the_way_are_refused_before_any_work(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "load_analyzer", lambda _: pytest.fail("loaded a model first"))

    def refused(*options: str) -> str:
        assert main([*command, *options]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        return error

    Path("out").write_text("old", encoding="utf-8")
    assert "out: exists; --overwrite replaces it" in refused()
    assert Path("out").read_text(encoding="utf-8") == "old"
    Path("out").unlink()
    Path("out").mkdir()
    assert "out: is a folder; name a file to write" in refused("--overwrite")
    Path("out").rmdir()
    os.mkfifo("out")
    assert "out: is no regular file" in refused("--overwrite")


@pytest.mark.parametrize("command", [COMMANDS[0], COMMANDS[1], COMMANDS[2]], ids=lambda command: command[0])
def test_overwrite_replaces_and_missing_folders_are_made(command: list[str]) -> None:
    assert main(command) == 0
    written = Path("out").read_bytes()
    Path("out").write_text("old", encoding="utf-8")
    assert main([*command, "--overwrite"]) == 0
    assert Path("out").read_bytes() == written
    deep = [argument.replace("out", "a/b/out") if argument == "out" else argument for argument in command]
    assert main(deep) == 0
    assert Path("a/b/out").read_bytes() == written


@pytest.mark.parametrize(
    "command",
    [
        ["predict", "labelled.jsonl", *OPTIONS, "--output", "labelled.jsonl"],
        ["predict", ".", *OPTIONS, "--output", "./labelled.jsonl"],
        ["convert", "labelled.jsonl", "./labelled.jsonl"],
        ["report", "labelled.jsonl", "--output", "link"],
        ["evaluate", *OPTIONS, "--data", "labelled.jsonl", "--output", "labelled.jsonl"],
    ],
)
def test_an_input_is_never_overwritten(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("link").symlink_to("labelled.jsonl")
    before = Path("labelled.jsonl").read_bytes()
    assert main([*command, "--overwrite"]) == 2
    assert "is an input too; name another file to write" in capsys.readouterr().err
    assert Path("labelled.jsonl").read_bytes() == before


@pytest.mark.parametrize("options", [[], ["--resume"], ["--overwrite"]])
def test_a_list_of_faults_does_not_replace_an_input(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("labelled.jsonl").rename("out.errors.jsonl")
    before = Path("out.errors.jsonl").read_bytes()
    assert main(["predict", "out.errors.jsonl", *OPTIONS, "--output", "out.jsonl", *options]) == 2
    assert "out.errors.jsonl: is an input too" in capsys.readouterr().err
    assert main(["predict", ARTICLE, *OPTIONS, "--output", "out.jsonl"]) == 2
    assert "out.errors.jsonl: exists; --overwrite replaces it" in capsys.readouterr().err
    assert Path("out.errors.jsonl").read_bytes() == before


def test_what_stands_where_a_file_is_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("out.partial")
    assert main(COMMANDS[2]) == 2
    assert "out.partial: is no regular file" in capsys.readouterr().err
    assert main([*COMMANDS[2][:-1], "x" * 250]) == 2
    assert "cannot be written (File name too long)" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["predict"], ["show"], ["report"], ["convert", "labelled.jsonl"]])
def test_an_empty_argument_is_no_folder(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, ""]) == 2
    assert "an argument is empty" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_the_exit_code_tells_where_standard_error_cannot() -> None:
    with Path("/dev/full").open("w") as full:
        assert nabra(["show", "gone.jsonl"], stderr=full).wait() == 2
    closed = nabra(["show", "gone.jsonl"], preexec_fn=lambda: os.close(2), stdout=subprocess.PIPE)
    assert (closed.communicate()[0], closed.returncode) == (b"", 2)


def test_a_folder_that_is_gone_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("gone").mkdir()
    os.chdir("gone")
    Path.cwd().rmdir()
    assert main(["show", "x"]) == 2
    assert "the folder that this runs in is gone" in capsys.readouterr().err


def test_a_link_stays_a_link() -> None:
    Path("link").symlink_to("target")
    assert main([*COMMANDS[2][:-1], "link"]) == 0
    assert Path("link").is_symlink()
    assert "<html" in Path("target").read_text(encoding="utf-8")
    Path("link").unlink()
    Path("link").symlink_to("predicted")
    assert main([*COMMANDS[0][:-1], "link"]) == 0
    assert Path("link").is_symlink()
    assert Path("predicted").is_file()


def test_a_folder_that_is_read_only_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who may write anywhere
    with pytest.raises(NabraError, match=r"new/out: cannot be written \(.* is read-only\)"):
        check_output(Path("new/out"))
    with pytest.raises(NabraError, match=r"labelled.jsonl: cannot be written"):
        check_output(Path("labelled.jsonl"), overwrite=True)


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_one_line_and_keeps_what_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["predict", CORPUS, *OPTIONS, "--output", "out"]
    assert main([*command[:-1], "whole"]) == 0
    capsys.readouterr()
    with monkeypatch.context() as patch:
        # The first block syncs its articles and its state.
        sync, calls = os.fsync, iter([0] * 2)
        patch.setattr(os, "fsync", lambda file: full_disk() if next(calls, None) is None else sync(file))
        assert main(command) == 2
    error = capsys.readouterr().err
    reason = "nabra: error: out: cannot be written (No space left on device)"
    assert error == f"{reason}; what is done is kept in out.partial; go on with --resume\n"
    assert not Path("out").exists()
    assert main([*command, "--resume"]) == 0
    assert Path("out").read_bytes() == Path("whole").read_bytes()


def test_a_full_disk_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("out").write_text("old", encoding="utf-8")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(NabraError, match=r"out: cannot be written \(No space left"), atomic_writer(Path("out")) as file:
        file.write("new")
    assert Path("out").read_text(encoding="utf-8") == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", [["show", "labelled.jsonl"], ["predict", ARTICLE, *OPTIONS]])
def test_standard_output_on_a_full_disk_is_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = nabra(arguments, stdout=full, stderr=subprocess.PIPE)
    error = done.communicate()[1]
    assert (done.returncode, error) == (2, b"nabra: error: standard output: No space left on device\n")


def test_a_finished_run_is_left_alone_by_resume(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(COMMANDS[0]) == 0
    written = Path("out").stat()
    assert main([*COMMANDS[0], "--resume"]) == 0
    assert "out: is complete already; --overwrite makes it anew" in capsys.readouterr().err
    assert Path("out").stat() == written
    assert main([*COMMANDS[0], "--resume", "--overwrite"]) == 2
    assert "--resume and --overwrite: choose one" in capsys.readouterr().err


def test_two_runs_do_not_write_the_same_file() -> None:
    analyzer = Analyzer.from_pretrained(str(MODEL), threads=1)

    def begin_another(_: int) -> None:
        with pytest.raises(NabraError, match="another run is writing it"):
            predict_file(analyzer, [ARTICLE], Path("out"))

    predict_file(analyzer, [CORPUS], Path("out"), on_labelled=begin_another)
    assert len(Path("out").read_bytes().splitlines()) == 134


def nabra(arguments: list[str], **options: object) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen([sys.executable, "-m", "nabra", *arguments], env=environment, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (15, 143, "terminated")])
def test_a_prediction_that_is_told_to_stop_says_how_to_go_on(number: int, code: int, word: str) -> None:
    command = ["predict", CORPUS, CORPUS, CORPUS, *OPTIONS, "--output", "out"]
    # Whoever runs the tests in the background may have had Ctrl-C ignored.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = nabra(command, stderr=subprocess.PIPE, preexec_fn=heed)
    deadline = time.monotonic() + 60
    while not Path("out.state").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    error = process.communicate()[1].decode()
    assert (process.returncode, Path("out").exists()) == (code, False)
    assert error == f"nabra: {word}; what is done is kept in out.partial; go on with --resume\n"


@pytest.mark.parametrize(
    ("stop", "code", "line"),
    [
        (KeyboardInterrupt, 130, "nabra: interrupted\n"),
        (TerminatedError, 143, "nabra: terminated\n"),
        (BrokenPipeError, 0, ""),
        (lambda: OSError(errno.EACCES, "Permission denied", "x"), 2, "nabra: error: x: Permission denied\n"),
        (
            lambda: RuntimeError("can't start new thread"),
            2,
            "nabra: error: can't start new thread; give it more memory or processes (ulimit -v, -u)\n",
        ),
        (MemoryError, 2, "nabra: error: out of memory; give it more, or smaller batches\n"),
    ],
)
def test_every_end_has_its_code_and_its_line(
    stop: Callable[[], BaseException],
    code: int,
    line: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run() -> None:
        raise stop()

    monkeypatch.setattr(sys, "stdout", sys.stdout)  # a broken pipe takes it away
    assert guard("nabra", run) == code
    assert capsys.readouterr().err == line


def test_sigterm_is_as_it_was_after_a_command() -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert main(["--version"]) == 0
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("name", ["", ".", "/", "-", "loop", "out.jsonl.gz", "out.parquet"])
def test_what_is_no_name_of_a_file_is_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("loop").symlink_to("loop")
    for command in (["predict", str(ROOT / "seeds" / "articles")], ["report", "labelled.jsonl"]):
        assert main([*command, "--output", name]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "name" in said or "suffix" in said


def test_standard_input_and_output_are_no_inputs_and_outputs_in_one(labelled_file: Path, tiny_model: Path) -> None:
    before = labelled_file.read_bytes()
    options = ["--model", str(tiny_model)]
    with labelled_file.open("rb") as file:
        run = nabra(["predict", "-", *options, "--output", str(labelled_file), "--overwrite"], stdin=file)
        assert run.wait() == 2
    with labelled_file.open("ab") as file:
        assert nabra(["predict", str(labelled_file), *options], stdout=file).wait() == 2
    assert labelled_file.read_bytes() == before


@pytest.mark.parametrize(
    "command",
    [
        ["predict", "labelled.jsonl", "--workers", "2"],
        ["predict", "labelled.jsonl", "--format", "parquet"],
        ["evaluate", "--predictions", "labelled.jsonl", "--data", "labelled.jsonl", "--output", "x", "--report", "./x"],
    ],
)
def test_options_that_do_not_go_together_are_refused(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 2
    assert command[-2] in capsys.readouterr().err
    assert not Path("x").exists()


def test_the_library_neither_replaces_an_input_nor_writes_what_cannot_be_read(labelled_file: Path) -> None:
    before = labelled_file.read_bytes()
    with Analyzer.from_pretrained(str(MODEL)) as analyzer, pytest.raises(NabraError, match="is an input too"):
        predict_file(analyzer, [str(labelled_file)], labelled_file)
    assert labelled_file.read_bytes() == before
    with pytest.raises(NabraError, match="without a tone"):
        write_labelled([Article("a", (Sentence("نص"),))], "x")
    assert not Path("x").exists()
    with pytest.raises(TypeError, match="title"):
        write_report([], "x", title=None)  # type: ignore[arg-type]
