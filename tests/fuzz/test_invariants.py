"""Tries to break the invariants; `pytest tests/fuzz --hypothesis-profile long` tries much longer."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nabra.article import TONES, Article, Mention, Sentence, Speaker
from nabra.errors import NabraError
from nabra.formats import FormatName
from nabra.labelled import check_articles
from nabra.tokenization import SentenceTokenizer
from tests.fuzz import invariants
from tests.nabra.arabic_noise import PIECES

WORDS = """قال وقالت الوزير وزير رئيس بلدية النقل سمير عوض عبد الله بن محمد الهيئة العامة للنقل هيئة بيان وأضاف التقرير
المتحدث باسم المصدر نفسه د. إن أن هذا ما مون جاي لبومبيو الدكتور السفير 3.5 12 http://a.com/b.c u@mail.org""".split()
MARKS = [*" .!؟?…،؛:«»“”\"'()[]{}-–—/*•@#&<>\n\t", "\u00a0", "\u200f", "\u0640", "\u064e", "\u2028", "\x00", "\ufeff"]
TEXTS = st.lists(st.sampled_from([*WORDS, *MARKS, " ", " ", *PIECES[:20]]) | st.characters(), max_size=40).map("".join)
SENTENCES = TEXTS.filter(str.strip)
LINES = SENTENCES.map(lambda text: " ".join(text.split())).filter(bool)
GIVEN = st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(0, 80))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly what is expected, now and then anything."""
    return st.one_of(strategy, strategy, strategy, JSON)


def records(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: maybe(strategy) for name, strategy in fields.items()})


MENTIONS = records(sentence=st.integers(-1, 2), text=st.sampled_from(WORDS), start=st.integers(), end=st.integers())
SPEAKERS = st.none() | records(name=TEXTS, mention=MENTIONS, score=st.floats(0, 1))
LABELLED = records(
    text=SENTENCES,
    tone=st.sampled_from([*TONES, "__proto__", "<script>"]),
    speaker=SPEAKERS,
    scores=st.dictionaries(st.sampled_from([*TONES, "</script>"]), st.floats(0, 1), max_size=3),
    start=st.integers(),
    truncated=st.booleans(),
)
ARTICLES = records(
    id=TEXTS, text=TEXTS, title=TEXTS, date=st.sampled_from(["2020-02-30", "١٢٣٤-٠١-٠١"]), sentences=st.lists(LABELLED)
)


def written(content: str | bytes, suffix: str, check: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"in{suffix}")
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        check(path)


@given(TEXTS)
@example("«نعم.» .")
@example("\ufeff")
def test_splitting(text: str) -> None:
    invariants.splitting(text)
    invariants.offsets(text)


@given(text=SENTENCES)
def test_token_offsets(tokenizer: SentenceTokenizer, text: str) -> None:
    invariants.tokens(tokenizer, text.encode(errors="replace").decode())


@given(st.lists(st.tuples(SENTENCES, GIVEN), max_size=12))
def test_speakers(lines: list[tuple[str, invariants.Given]]) -> None:
    invariants.speakers([sentence for sentence, _ in lines], [given for _, given in lines])


@given(st.lists(ARTICLES | JSON, max_size=3))
def test_articles_in_json_lines(articles: list[Any]) -> None:
    content = "".join(map(invariants.as_json_line, articles))
    written(content, ".jsonl", invariants.reading)
    written(content, ".jsonl", invariants.predictions)


@given(st.sampled_from([".txt", ".jsonl", ".csv", ".jsonl.gz"]), st.binary(max_size=60) | TEXTS)
def test_files_of_anything(suffix: str, content: bytes | str) -> None:
    written(content, suffix, invariants.reading)


@given(st.lists(ARTICLES, max_size=2))
def test_the_checker_of_labels_raises_nothing_else(articles: list[dict[str, Any]]) -> None:
    with contextlib.suppress(NabraError):
        list(check_articles([("here:1", article) for article in articles], TONES))


@st.composite
def labelled(draw: st.DrawFn) -> Article:
    """An article that the checker of labels lets pass."""
    texts = draw(st.lists(SENTENCES.filter(lambda text: "\n" not in text), min_size=1, max_size=4))
    sentences = []
    for text in texts:
        speaker = None
        index = draw(st.integers(0, len(texts) - 1))
        words = [word for word in texts[index].split() if word.isalpha()]
        if words and draw(st.booleans()):
            mention = draw(st.sampled_from(words))
            speaker = Speaker(draw(LINES), Mention(index, mention))
        sentences.append(Sentence(text, draw(st.sampled_from(TONES)), speaker))
    metadata = draw(st.dictionaries(st.text(min_size=1, max_size=5), TEXTS, max_size=2))
    for name in ("id", "sentences"):
        metadata.pop(name, None)
    return Article(draw(LINES), tuple(sentences), metadata)


@pytest.mark.parametrize("name", ["nabra", "label-studio", "doccano", "conll"])
@given(article=labelled())
def test_conversion(name: FormatName, article: Article) -> None:
    with tempfile.TemporaryDirectory() as folder:
        invariants.converting(article, name, Path(folder))


YAML = st.lists(
    st.sampled_from(
        """model: data: training: {encoder: {class_path: os.system tones: seeds: [ ] { } &a *a !!python/name:os.system
        !!python/object/apply:os.system <<: - --- | > "a" 'b' # 1 .nan 1e999 $ref: ${HOME} init_args: compact ,
        """.split()
    )
    | st.sampled_from(["\n", "\n  ", " ", ": "])
    | st.characters(),
    max_size=12,
).map("".join)


@given(YAML)
@example("model: {class_path: this.Anything}")
def test_configuration_files(text: str) -> None:
    written(text, ".yaml", invariants.configuration)
