"""The shipped checkpoint: whole, light to load, and good enough on articles it has not seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nabra.analyzer import Analyzer
from nabra.article import TONES, Article
from nabra.checkpoint import shipped_checkpoint
from nabra.modeling import NabraModel
from nabra.names import same_name
from nabra_train.data import load_articles
from nabra_train.metrics import compare, score

from .conftest import SHARED, needs_shared


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    """In float: int8 rounds a little differently from one processor to the next."""
    return Analyzer.from_pretrained(runtime="torch")


@pytest.fixture(scope="module")
def seed_article(analyzer: Analyzer) -> Article:
    return analyzer.analyze((SHARED / "seed" / "article.txt").read_text(encoding="utf-8"))


def test_checkpoint_has_weights_to_go_on_training(analyzer: Analyzer) -> None:
    model = NabraModel.from_pretrained(shipped_checkpoint())
    assert tuple(model.config.tones) == analyzer.tones == TONES


def test_card_names_data_and_limits() -> None:
    card = (shipped_checkpoint() / "README.md").read_text(encoding="utf-8")
    assert "multilingual-e5-small" in card
    assert "## Limits" in card


def test_two_runtimes_give_the_same_answers() -> None:
    articles = load_articles(Path("seeds/test.jsonl"), TONES)[:12]
    openvino = Analyzer.from_pretrained(runtime="openvino").analyze_many(articles)
    torch = Analyzer.from_pretrained(runtime="torch").analyze_many(articles)
    pairs = [
        (a, b)
        for one, two in zip(openvino, torch, strict=True)
        for a, b in zip(one.sentences, two.sentences, strict=True)
    ]
    same = [a.tone == b.tone and (a.speaker and a.speaker.name) == (b.speaker and b.speaker.name) for a, b in pairs]
    assert sum(same) >= 0.95 * len(pairs)


@needs_shared
def test_seed_article_tones_and_speakers(seed_article: Article) -> None:
    gold = json.loads((SHARED / "seed" / "gold.jsonl").read_text(encoding="utf-8"))["sentences"]
    assert [s.text for s in seed_article.sentences] == [s["text"] for s in gold]
    pairs = list(zip(seed_article.sentences, gold, strict=True))
    assert sum(s.tone == g["tone"] for s, g in pairs) >= 16
    right = [
        g["speaker"] is None
        if s.speaker is None
        else bool(g["speaker"] and same_name(s.speaker.name, g["speaker"]["name"]))
        for s, g in pairs
    ]
    assert sum(right) >= 17


@needs_shared
def test_seed_article_names_each_person_once_in_full(seed_article: Article) -> None:
    names = {s.speaker.name for s in seed_article.sentences if s.speaker}
    for full, part in (
        ("مايك بومبيو", "بومبيو"),
        ("كيم جونغ أون", "كيم"),
        ("دونالد ترامب", "ترامب"),
        ("مون جاي إن", "مون"),
        ("هيذر نويرت", "نويرت"),
    ):
        assert [name for name in names if part in name.split()] == [full]


@needs_shared
def test_newspapers(analyzer: Analyzer) -> None:
    gold = load_articles(SHARED / "wire" / "dev.jsonl", TONES)
    scores = score(compare(gold, list(analyzer.analyze_many(gold)), TONES), TONES)
    assert scores["tone_macro_f1"] >= 0.72
    assert scores["speaker_accuracy"] >= 0.88
