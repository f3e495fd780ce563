"""A program as a user may write it, over the whole of the interface, for mypy alone: nobody runs it.

`mypy` checks it with the package (see `pyproject.toml`). What is returned must have the very type that stands here, and
where `type: ignore` stands mypy must object, or it says that there is nothing to ignore.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
from typing_extensions import assert_type

import nabra
from nabra import Analyzer, Article, Mention, ModelError, NabraError, Sentence, Source, Speaker, Tone
from nabra.formats import Reading, convert, read_labelled, write_labelled
from nabra.labelled import read_predictions
from nabra.prediction import State, predict_file
from nabra.readers import find_articles, read_articles
from nabra.records import ReadOptions
from nabra.reports import Written, write_report
from nabra.writers import to_json_line


def load() -> Analyzer:
    """Every argument there is."""
    analyzer = Analyzer.from_pretrained(
        Path("model"), revision="main", runtime="openvino", batch_tokens=64, threads=1, min_confidence=0.5
    )
    assert_type(analyzer, Analyzer)
    assert_type(analyzer.tones, tuple[str, ...])
    with Analyzer.from_pretrained("owner/name") as opened:
        assert_type(opened, Analyzer)
        assert_type(opened.close(), None)
    return analyzer


def label(analyzer: Analyzer, texts: list[str], articles: Iterator[Article]) -> None:
    """One, many, and both kinds together."""
    assert_type(analyzer.analyze("نص"), Article)
    assert_type(analyzer.analyze_many(texts), Iterator[Article])
    assert_type(analyzer.analyze_many(articles), Iterator[Article])
    assert_type(analyzer.analyze_many(["نص", Article("a", ())]), Iterator[Article])


def read(article: Article) -> None:
    """All that a result holds."""
    assert_type(article.id, str)
    assert_type(article.metadata, dict[str, Any])
    assert_type(article.sentences, tuple[Sentence, ...])
    for sentence in article.sentences:
        assert_type(sentence.text, str)
        assert_type(sentence.tone, str)
        assert_type(sentence.scores, dict[str, float])
        assert_type(sentence.start, int | None)
        assert_type(sentence.truncated, bool)
        assert_type(sentence.undecided, bool)
        assert_type(sentence.speaker, Speaker | None)
        if sentence.speaker is not None:
            assert_type(sentence.speaker.name, str)
            assert_type(sentence.speaker.score, float | None)
            assert_type(sentence.speaker.mention, Mention)
            assert_type(sentence.speaker.mention.sentence, int)
    assert_type(article.to_dict(), dict[str, Any])
    assert_type(Article.from_dict(article.to_dict()), Article)
    assert_type(article.to_pandas(), pandas.DataFrame)
    assert_type(nabra.to_pandas([article], metadata=["date"]), pandas.DataFrame)
    assert_type(to_json_line(article), str)
    assert_type(Tone("cautious"), Tone)
    assert_type(Source("here"), Source)
    assert_type(nabra.__version__, str)


def files(analyzer: Analyzer, article: Article) -> None:
    """Reading and writing."""
    assert_type(read_articles(["articles", Path("more.jsonl")], "body", encoding="cp1256"), Iterator[Article])
    assert_type(next(find_articles(["articles"], ReadOptions(strip_html=True)))(), Article)
    assert_type(read_predictions("out.jsonl"), Iterator[Article])
    assert_type(predict_file(analyzer, ["articles"], "out.jsonl", resume=True), State)
    assert_type(write_report([article], "report.html", lang="ar"), Written)
    assert_type(read_labelled("tasks.json", "label-studio", Reading(annotator="1")), Iterator[Article])
    assert_type(write_labelled([article], Path("out.conll"), "conll"), None)
    assert_type(convert("tasks.json", "out.jsonl", "label-studio", "nabra"), int)


def faults() -> str:
    """A model's fault is one of Nabra's."""
    try:
        load()
    except ModelError as error:
        base: NabraError = error
        return str(base)
    return ""


def wrong(analyzer: Analyzer, article: Article) -> None:
    """What mypy must refuse."""
    analyzer.analyze(b"text")  # type: ignore[arg-type]
    analyzer.analyze_many(article)  # type: ignore[arg-type]
    analyzer.analyze_many([None])  # type: ignore[list-item]
    Analyzer.from_pretrained(runtime="tensorflow")  # type: ignore[arg-type]
    Analyzer.from_pretrained(threads="2")  # type: ignore[arg-type]
    Article("a", [Sentence("نص")])  # type: ignore[arg-type]
    article.id = "b"  # type: ignore[misc]
    article.title  # type: ignore[attr-defined]
    article.sentences[0].speaker.name  # type: ignore[union-attr]
    read_articles(Path("articles"))  # type: ignore[arg-type]
    write_report([article], "report.html", lang="fr")  # type: ignore[arg-type]
    nabra.Analyser  # type: ignore[attr-defined]
