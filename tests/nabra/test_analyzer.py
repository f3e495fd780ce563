from __future__ import annotations

import json
import shutil
import threading
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nabra.aligned import readable
from nabra.analyzer import Analyzer
from nabra.article import Article, Sentence
from nabra.decoding import Logits
from nabra.errors import NabraError
from nabra.manifest import MANIFEST_NAME
from nabra.notebook import to_html
from nabra.readers import read_articles
from nabra.records import article_from_sentences
from nabra.rendering import TRUNCATED
from nabra.table import format_article
from nabra.tokenization import Batch, SentenceTokenizer
from nabra.writers import to_json_line

TEXT = "قال وزير الري السوداني عادل بشير إن المحادثات بدأت.\nوأضاف أنها ستطول أسبوعا كاملا على الأقل.\n\nوصل الوفد أمس."


class CountingRuntime:
    """Gives every sentence its number of tokens as logit of the first tone, and nobody as speaker."""

    concurrency = 1
    batch_tokens = 64

    def __init__(self) -> None:
        self.widths: list[int] = []

    def __call__(self, batch: Batch) -> Logits:
        rows, width = batch.input_ids.shape
        self.widths.append(width)
        tone = np.zeros((rows, 2), dtype=np.float32)
        tone[:, 0] = batch.attention_mask.sum(1) / 10
        source = np.tile(np.array([9, 0, 0], dtype=np.float32), (rows, 1))
        return Logits(tone, source, np.zeros((rows, width, 2), dtype=np.float32))


@pytest.fixture
def analyzer(tiny_model: Path) -> Analyzer:
    return Analyzer.from_pretrained(str(tiny_model))


def test_every_sentence_gets_all_that_the_contract_names(analyzer: Analyzer) -> None:
    article = analyzer.analyze(TEXT)
    assert [s.text for s in article.sentences] == [TEXT[s.start : s.end] for s in article.sentences]
    for sentence in article.sentences:
        assert sum(sentence.scores.values()) == pytest.approx(1, abs=1e-5)
        assert sentence.tone == max(sentence.scores, key=lambda tone: sentence.scores[tone])
        if sentence.speaker:
            mention = sentence.speaker.mention
            assert TEXT[mention.start : mention.end] == mention.text
            assert 0 < sentence.speaker.score <= 1


def test_results_are_put_back_in_order(tokenizer: SentenceTokenizer) -> None:
    runtime = CountingRuntime()
    analyzer = Analyzer(runtime, tokenizer, ("long", "short"))
    lengths = [9, 1, 30, 3, 17]
    article = Article("a", tuple(Sentence("نعم " * n) for n in lengths))
    scores = [s.scores["long"] for s in analyzer.analyze(article).sentences]
    assert np.argsort(scores).tolist() == np.argsort(lengths).tolist()
    assert runtime.widths == sorted(runtime.widths, reverse=True)


def test_articles_come_back_in_order_and_lazily(analyzer: Analyzer) -> None:
    taken = []

    def articles() -> object:
        for number in range(2000):
            taken.append(number)
            yield Article(str(number), (Sentence("وصل الوفد."),))

    results = analyzer.analyze_many(articles())
    assert [next(results).id for _ in range(3)] == ["0", "1", "2"]
    assert len(taken) < 1500


def test_batch_mates_order_and_threads_do_not_change_an_answer(tiny_model: Path) -> None:
    articles = list(read_articles(["seeds/articles"]))
    analyzer = Analyzer.from_pretrained(str(tiny_model))
    together = list(analyzer.analyze_many(articles))
    assert [analyzer.analyze(article) for article in articles] == together
    small = Analyzer.from_pretrained(str(tiny_model), batch_tokens=1, threads=1)
    assert list(small.analyze_many(reversed(articles))) == together[::-1]


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_float_runtimes_keep_their_answers_up_to_the_last_place(tiny_model: Path, runtime: str) -> None:
    articles = list(read_articles(["seeds/articles"]))
    usual = list(Analyzer.from_pretrained(str(tiny_model), runtime=runtime, threads=1).analyze_many(articles))
    for batch_tokens, threads in (1, 2), (4096, 1):
        other = Analyzer.from_pretrained(str(tiny_model), runtime=runtime, batch_tokens=batch_tokens, threads=threads)
        answers = [other.analyze(article) for article in articles[::-1]][::-1]
        assert list(map(without_scores, answers)) == list(map(without_scores, usual))
        assert scores_of(answers) == pytest.approx(scores_of(usual), abs=1.1e-6)


def without_scores(article: Article) -> list[tuple[object, ...]]:
    return [(s.text, s.tone, s.speaker and (s.speaker.name, s.speaker.mention)) for s in article.sentences]


def scores_of(articles: list[Article]) -> list[float]:
    sentences = [sentence for article in articles for sentence in article.sentences]
    return [score for s in sentences for score in (*s.scores.values(), s.speaker.score if s.speaker else 0.0)]


def test_of_equal_tones_the_first_wins_and_scores_have_six_places(tokenizer: SentenceTokenizer) -> None:
    class NearlyEqual(CountingRuntime):
        def __call__(self, batch: Batch) -> Logits:
            logits = super().__call__(batch)
            logits.tone[:] = [1, 1 + 1e-7]
            return logits

    (sentence,) = Analyzer(NearlyEqual(), tokenizer, ("long", "short")).analyze("نعم").sentences
    assert sentence.tone == "long"
    assert sentence.scores == {"long": 0.5, "short": 0.5}
    (sentence,) = Analyzer(CountingRuntime(), tokenizer, ("long", "short")).analyze("نعم نعم").sentences
    assert all(score == round(score, 6) for score in sentence.scores.values())


def test_an_early_end_leaves_no_thread_behind(analyzer: Analyzer) -> None:
    before = threading.active_count()
    results = analyzer.analyze_many(Article(str(n), (Sentence("وصل الوفد."),)) for n in range(5000))
    next(results)
    results.close()
    assert threading.active_count() == before


def test_a_fault_of_the_runtime_reaches_the_caller(tokenizer: SentenceTokenizer) -> None:
    class BrokenRuntime(CountingRuntime):
        def __call__(self, batch: Batch) -> Logits:
            raise MemoryError

    with pytest.raises(MemoryError):
        Analyzer(BrokenRuntime(), tokenizer, ("long", "short")).analyze(TEXT)


def test_labels_of_the_input_are_replaced(analyzer: Analyzer, labelled: list[Article]) -> None:
    relabelled = analyzer.analyze(labelled[0])
    assert relabelled.id == labelled[0].id
    assert all(sentence.scores for sentence in relabelled.sentences)


def test_a_sentence_too_long_is_marked(analyzer: Analyzer) -> None:
    article = analyzer.analyze("قال الوزير " * 200 + ".\nوصل.")
    assert [sentence.truncated for sentence in article.sentences] == [True, False]


class NamingRuntime(CountingRuntime):
    """Says that every sentence is voiced by whom its second to its fifth token name."""

    def __call__(self, batch: Batch) -> Logits:
        logits = super().__call__(batch)
        logits.source[:] = (0, 9, 0)
        logits.span[:, 2, 0] = logits.span[:, 5, 1] = 9
        return logits


def presentation_form(letter: str) -> str:
    """A letter as PDF files hold it."""
    forms = (form for form in map(chr, range(0xFE80, 0xFEFD)) if unicodedata.normalize("NFKC", form) == letter)
    return next(forms, letter)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("ر", "ر\u200c").replace(" ", " \u200f").replace("ل", "\0ل\x1b"),
        lambda text: "".join(f"\u202b{letter}\u202c" for letter in text),
        lambda text: "".join(map(presentation_form, text)),
        lambda text: text.replace("لا", "ﻻ").replace("ال", "\ufeffال"),
    ],
)
def test_what_nobody_sees_changes_no_label(tokenizer: SentenceTokenizer, spoil: Callable[[str], str]) -> None:
    sentences = ["قال وزير الري عادل بشير إن المحادثات بدأت.", "وقال بشير إن الأمل كبير لا غير."]
    analyzer = Analyzer(NamingRuntime(), tokenizer, ("long", "short"))
    plain = analyzer.analyze(article_from_sentences(sentences))
    strange = list(map(spoil, sentences))
    spoilt = analyzer.analyze(article_from_sentences(strange))
    assert [sentence.text for sentence in spoilt.sentences] == strange
    for sentence, seen in zip(plain.sentences, spoilt.sentences, strict=True):
        assert (seen.tone, seen.scores) == (sentence.tone, sentence.scores)
        assert sentence.speaker
        assert seen.speaker
        assert seen.speaker.name == sentence.speaker.name
        mention, place = sentence.speaker.mention, seen.speaker.mention
        assert place.text in strange[place.sentence]
        assert "\n".join(strange)[place.start : place.end] == place.text
        aligned = readable(place.text)
        assert (aligned.text if aligned else place.text) == mention.text


def test_strange_texts_are_labelled_and_written(tokenizer: SentenceTokenizer) -> None:
    analyzer = Analyzer(NamingRuntime(), tokenizer, ("long", "short"))
    texts = ["\ud83d قال الوزير", "\u200f", "\0", "ﷺ", "", " ", "\x1b[31mقال", "ﹰﹱ", "\ufffe\uffff"]
    article = analyzer.analyze(Article("a", tuple(map(Sentence, texts))))
    assert [sentence.text for sentence in article.sentences] == texts
    assert Article.from_dict(json.loads(to_json_line(article).encode())) == article
    assert not {"\0", "\x1b", "\ud83d"} & set(format_article(article, 80))


def test_a_sentence_of_a_hundred_thousand_words_is_cut_and_marked(tokenizer: SentenceTokenizer) -> None:
    analyzer = Analyzer(NamingRuntime(), tokenizer, ("long", "short"))
    article = analyzer.analyze("قال الوزير سامي حداد " + "كلمة جديدة " * 50_000)
    assert [sentence.truncated for sentence in article.sentences] == [True]
    assert json.loads(to_json_line(article))["sentences"][0]["truncated"] is True
    assert TRUNCATED in " ".join(format_article(article, 10**7).split())
    assert TRUNCATED in to_html(article)


def test_a_doubtful_tone_is_marked_and_kept(tokenizer: SentenceTokenizer) -> None:
    analyzer = Analyzer(CountingRuntime(), tokenizer, ("long", "short"), min_confidence=0.7)
    sure, doubtful = analyzer.analyze(Article("a", (Sentence("نعم " * 9), Sentence("نعم")))).sentences
    assert (sure.tone, sure.undecided) == ("long", False)
    assert (doubtful.tone, doubtful.undecided) == ("long", True)
    assert Analyzer(CountingRuntime(), tokenizer, ("long", "short")).analyze("نعم").sentences[0].undecided is False


@pytest.mark.parametrize("article", [None, 3, TEXT.encode(), [TEXT]])
def test_what_is_no_article_is_named(analyzer: Analyzer, article: Any) -> None:
    with pytest.raises(TypeError, match=f"expected an article as str or nabra.Article, not {type(article).__name__}"):
        analyzer.analyze(article)


def test_one_text_is_not_many(analyzer: Analyzer) -> None:
    with pytest.raises(TypeError, match="analyze takes one"):
        next(analyzer.analyze_many(TEXT))


@pytest.mark.parametrize(
    "argument",
    [
        {"runtime": "tensorflow"},
        {"threads": -1},
        {"threads": 1.5},
        {"batch_tokens": -5},
        {"min_confidence": 2},
        {"min_confidence": float("nan")},
    ],
)
def test_an_argument_out_of_its_range_is_named(argument: dict[str, Any]) -> None:
    (name,) = argument
    with pytest.raises(ValueError, match=rf"inference\.{name}: "):
        Analyzer.from_pretrained(**argument)


def test_nothing_in_nothing_out(analyzer: Analyzer) -> None:
    assert list(analyzer.analyze_many([])) == []
    assert analyzer.analyze("").sentences == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: "", "no such directory; name a trained Nabra model"),
        (lambda path: path, r"holds no Nabra model \(config.json is missing\)"),
        (lambda path: (path / "config.json").write_text("{") and path, "cannot be read"),
        (
            lambda path: (path / "config.json").write_text('{"model_type": "bert"}') and path,
            "'bert' model, not a Nabra",
        ),
    ],
)
def test_wrong_model_is_named(tmp_path: Path, make: object, message: str) -> None:
    model = make(tmp_path) or tmp_path / "gone"
    with pytest.raises(NabraError, match=message):
        Analyzer.from_pretrained(str(model))


@pytest.mark.parametrize("runtime", ["openvino", "onnx"])
def test_missing_exported_model_says_how_to_make_it(tiny_model: Path, tmp_path: Path, runtime: str) -> None:
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((tiny_model / name).read_bytes())
    with pytest.raises(NabraError, match="nabra export"):
        Analyzer.from_pretrained(str(tmp_path), runtime=runtime)


@pytest.mark.parametrize(
    ("runtime", "damaged"),
    [
        ("openvino", "openvino/openvino_model_qint8_quantized.xml"),
        ("openvino", "openvino/openvino_model_qint8_quantized.bin"),
        ("onnx", "onnx/model.onnx"),
    ],
)
def test_damaged_exported_model_is_refused(tiny_model: Path, tmp_path: Path, runtime: str, damaged: str) -> None:
    shutil.copytree(tiny_model, tmp_path, dirs_exist_ok=True)
    (tmp_path / damaged).write_bytes(b"damaged")
    (tmp_path / MANIFEST_NAME).unlink()  # it would tell first; older checkpoints have none
    with pytest.raises(NabraError, match=r"model\S*: cannot be loaded .*export it again"):
        Analyzer.from_pretrained(str(tmp_path), runtime=runtime)
