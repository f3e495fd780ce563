"""The corpus, its split and its card."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from nabra.article import TONES, Article
from nabra.json_lines import read_json_lines
from nabra.readers import read_articles
from nabra_train.data import load_articles

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"
sys.path.insert(0, str(ROOT / "scripts"))
import agreement  # noqa: E402
import split_corpus  # noqa: E402

PARTS = split_corpus.PARTS
LAST = "w36"


@pytest.fixture(scope="module")
def corpus() -> dict[str, list[Article]]:
    return {part: load_articles(SEEDS / f"{part}.jsonl", TONES) for part in PARTS}


def test_no_article_and_no_text_stands_in_two_parts(corpus: dict[str, list[Article]]) -> None:
    articles = [article for part in corpus.values() for article in part]
    assert len({article.id for article in articles}) == len(articles)
    leads = [article.sentences[0].text for article in articles if len(article.sentences[0].text) > 40]
    assert len(set(leads)) == len(leads)


def test_split_is_what_the_script_makes(corpus: dict[str, list[Article]]) -> None:
    again = split_corpus.split([article for part in corpus.values() for article in part], seed=0)
    assert again == corpus


def test_new_writers_move_no_older_article(corpus: dict[str, list[Article]]) -> None:
    older = [a for part in corpus.values() for a in part if split_corpus.writer(a.id) != LAST]
    again = split_corpus.split(older, seed=0)
    for part in PARTS:
        assert again[part] == [a for a in corpus[part] if split_corpus.writer(a.id) != LAST]


def test_every_writer_is_held_out_in_proportion(corpus: dict[str, list[Article]]) -> None:
    writers = {part: {split_corpus.writer(a.id) for a in articles} for part, articles in corpus.items()}
    assert writers["dev"] == writers["train"]
    assert writers["test"] == split_corpus.TEST_WRITERS
    assert writers["challenge"] == writers["train"] - split_corpus.TEST_WRITERS


def test_card_counts_what_is_there(corpus: dict[str, list[Article]]) -> None:
    card = (SEEDS / "README.md").read_text(encoding="utf-8")
    for part, articles in corpus.items():
        sentences = [s for article in articles for s in article.sentences]
        words = sum(len(s.text.split()) for s in sentences)
        tones = [sum(s.tone == tone for s in sentences) for tone in TONES]
        row = next(line for line in card.splitlines() if line.startswith(f"| `{part}.jsonl`"))
        numbers = [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", row)]
        assert numbers[:6] == [len(articles), len(sentences), words, *tones]


def test_card_tells_how_far_a_second_labelling_agrees(corpus: dict[str, list[Article]]) -> None:
    second = [record for _, record in read_json_lines(SEEDS / "second" / "labels.jsonl")]
    articles = [article for part in corpus.values() for article in part]
    assert {split_corpus.writer(record["id"]) for record in second} == {split_corpus.writer(a.id) for a in articles}
    assert len(second) > len(articles) / 10
    measured = agreement.agreement(articles, second)
    card = " ".join((SEEDS / "README.md").read_text(encoding="utf-8").split())
    assert f"{len(second)} articles ({measured['sentences']:,} sentences)" in card
    assert f"Tone: {measured['tone_agreement']:.1%} equal, Cohen's kappa {measured['tone_kappa']:.3f}" in card
    assert f"Speaker: {measured['speaker_agreement']:.1%} equal" in card


def test_agreement_of_known_labels(corpus: dict[str, list[Article]]) -> None:
    article = next(a for a in corpus["dev"] if {s.speaker is None for s in a.sentences} == {True, False})
    names = [s.speaker.name if s.speaker else None for s in article.sentences]
    same = {"id": article.id, "tones": [s.tone for s in article.sentences], "speakers": names}
    assert agreement.agreement([article], [same]) | {"sentences": 0} == {
        "sentences": 0,
        "tone_agreement": 1,
        "tone_kappa": 1,
        "speaker_agreement": 1,
    }
    nobody = agreement.agreement([article], [same | {"speakers": [None] * len(names)}])
    assert nobody["speaker_agreement"] == names.count(None) / len(names)


def test_sample_articles_can_be_read() -> None:
    assert len(list(read_articles([SEEDS / "articles"]))) == 3
