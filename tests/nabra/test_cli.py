from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import nabra.__main__
from nabra.cli import COMMANDS, main
from tests.nabra.terminal import nabra_in_terminal

TEXT = "قال وزير الري السوداني عادل بشير إن المحادثات بدأت.\nوصل الوفد أمس."


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_predict_writes_the_data_contract(tiny_model: Path, article: Path, tmp_path: Path) -> None:
    output = tmp_path / "deep" / "out.jsonl"
    assert main(["predict", str(article), "--model", str(tiny_model), "--output", str(output)]) == 0
    (record,) = lines(output)
    assert record["id"] == "article"
    for sentence in record["sentences"]:
        assert TEXT[sentence["start"] : sentence["end"]] == sentence["text"]
        assert set(sentence["scores"]) == {"optimistic", "cautious", "obstacle"}


@pytest.mark.parametrize(("confidence", "undecided"), [("1", True), ("0", False)])
def test_doubtful_sentences_are_marked_as_undecided(
    confidence: str, undecided: bool, tiny_model: Path, article: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    options = ["--model", str(tiny_model), "--min-confidence", confidence, "--output", str(output)]
    assert main(["predict", str(article), *options]) == 0
    assert all(sentence.get("undecided", False) is undecided for sentence in lines(output)[0]["sentences"])
    assert main(["show", str(output)]) == 0


def test_encoding_and_odd_names_on_the_command_line(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-a\nb.txt").write_bytes(TEXT.encode("cp1256"))
    options = ["--model", str(tiny_model), "--output", "out.jsonl", "--overwrite"]
    assert main(["predict", "./-a\nb.txt", *options]) == 0
    assert r"-a\nb.txt: is not UTF-8; read as cp1256" in capsys.readouterr().err
    assert [sentence["text"] for sentence in lines(Path("out.jsonl"))[0]["sentences"]] == TEXT.split("\n")
    assert main(["predict", "./-a\nb.txt", "--encoding", "klingon", *options]) == 2
    assert capsys.readouterr().err.startswith("nabra: error: --encoding: 'klingon' is no encoding of Arabic")
    Path("\udce3.jsonl").write_text('{"text": 7}\n' + json.dumps({"text": TEXT}), encoding="utf-8")
    assert main(["predict", "\udce3.jsonl", *options]) == 1
    (fault,) = lines(Path("out.errors.jsonl"))
    assert fault["error"].endswith(".jsonl:1: text: must be a string, not int")
    assert lines(Path("out.jsonl"))[0]["id"] == r"\xe3-2"
    assert main(["predict", "gone\n.txt", *options]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == r"nabra: error: gone\n.txt: no such file or folder"


@pytest.mark.parametrize("option", ["--model {}", "--model={}"])
def test_the_configuration_saved_with_the_model_is_used(
    option: str, tiny_model: Path, article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny_model, model)
    (model / "nabra.yaml").write_text("inference: {runtime: nonsense}", encoding="utf-8")
    assert main(["predict", str(article), *option.format(model).split()]) == 2
    assert "nabra.yaml: " in capsys.readouterr().err


def test_predict_in_a_pipe_prints_json_lines_and_nothing_else(
    tiny_model: Path, article: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(article), f"--model={tiny_model}"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["id"] == "article"
    assert captured.err == ""


def test_on_the_screen_too_an_article_that_cannot_be_read_is_left_out(
    tiny_model: Path, article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = tmp_path / "in.jsonl"
    inputs.write_text('{"text": 7}\n{"text": 8}\n', encoding="utf-8")
    assert main(["predict", str(inputs), str(article), f"--model={tiny_model}"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["id"] == "article"
    said = captured.err.splitlines()
    assert sorted(line.partition(".jsonl:")[2] for line in said) == [
        "1: text: must be a string, not int",
        "2: text: must be a string, not int",
    ]
    assert all(line.startswith("nabra: left out: ") for line in said)
    assert main(["predict", str(inputs), f"--model={tiny_model}"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("nabra: error: ")


def test_arabic_is_written_whatever_the_locale(tiny_model: Path, article: Path) -> None:
    command = [sys.executable, "-m", "nabra", "predict", str(article), f"--model={tiny_model}"]
    done = subprocess.run(command, env=os.environ | {"PYTHONIOENCODING": "ascii"}, check=True, capture_output=True)
    assert json.loads(done.stdout.decode("utf-8"))["sentences"][0]["text"] == TEXT.split("\n")[0]


def test_predictions_are_shown_as_a_table(
    tiny_model: Path, article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.jsonl"
    main(["predict", str(article), "--model", str(tiny_model), "--output", str(output)])
    assert main(["show", str(output)]) == 0
    shown = capsys.readouterr().out
    assert "article" in shown
    assert "وصل الوفد أمس." in shown


def test_a_terminal_gets_a_table_with_colours(tiny_model: Path, article: Path) -> None:
    command = ["predict", str(article), "--model", str(tiny_model)]
    shown = nabra_in_terminal(command, 80)
    assert re.search("\x1b\\[3[123]m(optimistic|cautious|obstacle)", shown)
    plain = nabra_in_terminal(command, 80, NO_COLOR="1")
    assert "\x1b" not in plain
    assert "وصل الوفد أمس." in plain
    assert plain.count("│") == shown.count("│")


def test_a_progress_bar_unless_quiet(tiny_model: Path, article: Path, tmp_path: Path) -> None:
    command = ["predict", str(article), "--model", str(tiny_model), "--output", str(tmp_path / "out.jsonl")]
    assert "%|" in nabra_in_terminal(command, 80)
    assert nabra_in_terminal([*command, "--overwrite", "--quiet"], 80) == ""


def test_quiet_says_errors_alone(tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"text": TEXT}), encoding="utf-8")
    command = ["predict", str(source), "--model", str(tiny_model), "--overwrite"]
    command += ["--output", str(tmp_path / "out.jsonl")]
    assert main([*command, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    source.write_text(json.dumps({"text": TEXT}) + "\n{broken", encoding="utf-8")
    assert main([*command, "--quiet"]) == 1
    assert re.fullmatch(r"nabra: 1 articles were left out; why: \S+\n", capsys.readouterr().err)
    assert main(command) == 1
    assert "1 articles, 2 sentences: " in capsys.readouterr().err


def test_verbose_says_what_runs_and_how_fast(
    tiny_model: Path, article: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["predict", str(article), "--model", str(tiny_model), "--inference.threads", "1", "--verbose"]
    assert main(command) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["id"] == "article"
    runtime, model, labelled = captured.err.splitlines()
    assert runtime == "runtime: OpenVINO, int8, threads: 1"
    assert re.fullmatch(rf"model: {re.escape(str(tiny_model))}, loaded in \d+\.\d\d s", model)
    assert re.fullmatch(r"labelled: 2 sentences in \d+\.\d\d s, \d+ a second", labelled)


def test_the_library_says_nothing_by_itself(tiny_model: Path) -> None:
    code = f"from nabra import Analyzer; Analyzer.from_pretrained({str(tiny_model)!r}, threads=1).analyze({TEXT!r})"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_an_article_that_cannot_be_read_is_left_out_and_listed(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"text": TEXT}) + "\n{broken\n" + json.dumps({"text": TEXT}), encoding="utf-8")
    output = tmp_path / "out.jsonl"
    assert main(["predict", str(source), "--model", str(tiny_model), "--output", str(output)]) == 1
    assert [record["id"] for record in lines(output)] == ["in-1", "in-3"]
    assert "1 articles were left out" in capsys.readouterr().err
    (fault,) = lines(tmp_path / "out.errors.jsonl")
    assert fault["position"] == 2
    assert "in.jsonl:2: broken JSON" in fault["error"]


def test_a_stopped_run_says_how_to_go_on(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text((json.dumps({"text": TEXT * 40}) + "\n") * 30, encoding="utf-8")
    command = ["predict", str(source), "--model", str(tiny_model), "--output", str(output)]

    def interrupt(self: object, articles: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("nabra.progress.ArticleProgress.labelled", interrupt)
        assert main(command) == 130
    assert "go on with --resume" in capsys.readouterr().err
    assert not output.exists()
    assert main([*command, "--resume"]) == 0
    assert len(lines(output)) == 30
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_an_interruption_while_the_command_line_is_imported_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "nabra.cli", Interrupted("nabra.cli"))
    assert nabra.__main__.main() == 130


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    usage = capsys.readouterr().out
    assert all(name in usage for name in COMMANDS)
    assert main(["--version"]) == 0
    assert nabra.__version__ in capsys.readouterr().out
    for name in COMMANDS:
        assert main([name, "--help"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predikt"], "unknown command 'predikt'; did you mean 'predict'?"),
        (["predict", "gone.txt"], "gone.txt: no such file or folder"),
        (["predict", "empty.txt"], "empty.txt: holds no text"),
        (["predict", "english.txt"], "english.txt: holds no Arabic text"),
        (["predict", "broken.jsonl"], "broken.jsonl:1: broken JSON"),
        (["predict", "article.txt", "--model", "gone"], "gone: no such directory"),
        (["predict", "article.txt", "--model", "."], "holds no Nabra model"),
        (["predict", "article.txt", "--inference.batch", "3"], "unknown key 'inference.batch'"),
        (["predict", "article.txt", "--min-confidence", "60"], "inference.min_confidence: must lie between 0 and 1"),
        (["predict", "article.txt", "--workers", "-1"], "--workers: must not be negative, got -1"),
        (["predict", "article.txt", "--config", "gone"], "--config gone: no such file or recipe"),
        (["predict", "article.txt", "--quiet", "--verbose"], "--quiet and --verbose: choose one"),
        (["predict"], "articles"),
        (["show", "broken.jsonl"], "broken.jsonl:1: broken JSON"),
        (["show", "unsafe.jsonl"], r"sentences[0].a\x1b[31m: unknown field"),
        (["show", "plain.jsonl"], "run 'nabra predict' on it"),
        (["train", "--data.train", "wrong.jsonl"], "wrong.jsonl:1: article 'x': sentences[0].tone: 'angry' is none of"),
        (["train", "--data.train", "gone.jsonl"], "gone.jsonl: cannot be read"),
        (["evaluate", "--data", "empty.jsonl"], "empty.jsonl: holds no article"),
        (["export", "gone"], "gone: no such directory"),
    ],
)
def test_wrong_input_is_one_clear_line_and_exit_code_2(
    arguments: list[str],
    message: str,
    article: Path,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = {"id": "x", "sentences": [{"text": "نعم", "tone": "angry", "speaker": None}]}
    files = {
        "empty.txt": "",
        "empty.jsonl": "",
        "english.txt": "No Arabic.",
        "broken.jsonl": "{",
        "plain.jsonl": "{}",
        "unsafe.jsonl": json.dumps(
            {"id": "x", "sentences": [{"a\x1b[31m": 1, "text": "نعم", "tone": "x", "speaker": None}]}
        ),
        "wrong.jsonl": json.dumps(wrong),
    }
    for name, content in files.items():
        Path(name).write_text(content, encoding="utf-8")
    if "--model" not in arguments and arguments[0] in ("predict", "evaluate"):
        arguments = [*arguments, "--model", str(tiny_model)]
    assert main(arguments) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert "\x1b" not in errors
    assert errors.startswith("nabra: error: ")
    assert errors.count("\n") == 1


def test_import_is_light() -> None:
    code = (
        "import sys, nabra.cli; from nabra import Analyzer; print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "[]"
