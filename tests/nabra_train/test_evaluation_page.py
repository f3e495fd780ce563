from __future__ import annotations

import dataclasses
import functools
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from nabra.article import TONES, Article, Mention, Sentence, Speaker
from nabra.cli import main
from nabra.reports.shell import read_words
from nabra.writers import to_json_line
from nabra_train.evaluation import MODEL, Evaluation, build_report
from nabra_train.evaluation_page import write_evaluation
from nabra_train.metrics import SpeakerError, bootstrap
from tests.nabra.test_report import HOSTILE, data_of, elements


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nabra_train.evaluation.bootstrap", functools.partial(bootstrap, resamples=10))


def evaluation_of(gold: list[Article], predicted: list[Article]) -> Evaluation:
    tones = sorted({s.tone for a in gold for s in a.sentences} | set(TONES), key=(*TONES, *HOSTILE).index)
    report = build_report("models/mine", "data/test.jsonl", gold, {MODEL: predicted}, tones)
    return Evaluation(report, gold, {MODEL: predicted})


def page_of(gold: list[Article], predicted: list[Article], tmp_path: Path) -> str:
    path = tmp_path / "page.html"
    write_evaluation(evaluation_of(gold, predicted), path)
    return path.read_text(encoding="utf-8")


def guessed(article: Article) -> Article:
    """An article as a model labels it that knows of one tone and of nobody."""
    scores = {"optimistic": 0.8, "cautious": 0.15, "obstacle": 0.05}
    sentences = (dataclasses.replace(s, tone="optimistic", speaker=None, scores=scores) for s in article.sentences)
    return dataclasses.replace(article, sentences=tuple(sentences))


def test_the_page_holds_label_and_prediction_of_every_sentence(labelled: list[Article], tmp_path: Path) -> None:
    page = page_of(labelled[:1], [guessed(labelled[0])], tmp_path)
    data = data_of(page)
    assert "<title>mine: test.jsonl</title>" in page
    assert data["tones"] == list(TONES)
    first, second = data["articles"][0]["sentences"][:2]
    guess = {"tone": 0, "scores": [0.8, 0.15, 0.05]}
    assert first == {"text": labelled[0].sentences[0].text, "tone": 1, "guess": guess}
    assert second["error"] == "missed"
    assert data["speakers"][second["speaker"]] == "عادل بشير"


def test_the_sentences_of_the_page_are_those_that_the_report_counts(labelled: list[Article], tmp_path: Path) -> None:
    predicted = [guessed(labelled[0]), *labelled[1:]]
    data = data_of(page_of(labelled, predicted, tmp_path))
    sentences = [sentence for article in data["articles"] for sentence in article["sentences"]]
    model = data["report"]["systems"]["model"]
    pairs = Counter((sentence["tone"], sentence["guess"]["tone"]) for sentence in sentences)
    assert model["confusion"] == [[pairs[gold, guess] for guess in range(3)] for gold in range(3)]
    errors = Counter(sentence["error"] for sentence in sentences if "error" in sentence)
    assert model["speaker_errors"] == {kind.value: errors[kind.value] for kind in SpeakerError}


def test_the_words_name_every_score_and_every_kind_of_error(labelled: list[Article], tmp_path: Path) -> None:
    words = read_words("evaluation")["en"]
    scores = evaluation_of(labelled, labelled).report["systems"][MODEL]["scores"]
    assert list(words["error_names"]) == [kind.value for kind in SpeakerError]
    by_tone = re.compile("tone_(precision|recall|f1)_")
    assert set(words["score_names"]) == {name for name in scores if not by_tone.match(name)}


@pytest.mark.parametrize("text", HOSTILE)
def test_text_cannot_leave_its_place(text: str, labelled: list[Article], tmp_path: Path) -> None:
    sentences = (Sentence(text, text, Speaker(text, Mention(0, text))), Sentence(text, "cautious"))
    article = Article(text, sentences, {"title": text})
    page = page_of([article], [guessed(article)], tmp_path)
    packed = data_of(page)["articles"][0]
    assert (packed["id"], packed["title"], packed["sentences"][0]["text"]) == (text, text, text)
    assert elements(page) == elements(page_of(labelled, labelled, tmp_path))


def predictions_file(labelled: list[Article], tmp_path: Path) -> Path:
    path = tmp_path / "predictions.jsonl"
    path.write_text("".join(to_json_line(guessed(article)) for article in labelled), encoding="utf-8")
    return path


def evaluate(labelled_file: Path, predictions: Path, *options: Any) -> int:
    arguments = ["--data", labelled_file, "--predictions", predictions, "--baselines", "false", *options]
    return main(["evaluate", *map(str, arguments)])


def test_the_command_writes_a_page_of_predictions_made_before(
    labelled: list[Article], labelled_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "deep" / "page.html"
    assert evaluate(labelled_file, predictions_file(labelled, tmp_path), "--report", page, "--lang", "ar") == 0
    printed = capsys.readouterr()
    assert "tone accuracy" in printed.out
    assert printed.err == f"12 sentences with a wrong tone or speaker: {page}\n"
    text = page.read_text(encoding="utf-8")
    assert '<html lang="ar" dir="rtl">' in text
    assert data_of(text)["tones"] == ["تفاؤل", "حذر", "عقبة"]
    assert list(page.parent.iterdir()) == [page]


@pytest.mark.parametrize(
    ("options", "message"),
    [(("--report", "labelled.jsonl/page.html"), "page.html: cannot be written"), (("--lang", "fr"), "lang")],
)
def test_wrong_arguments_are_one_line(
    options: tuple[str, str],
    message: str,
    labelled: list[Article],
    labelled_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert evaluate(labelled_file, predictions_file(labelled, tmp_path), *options) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1
