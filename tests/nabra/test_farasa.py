"""Farasa itself cannot be had in a test; a stand-in writes as it does."""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path

import pytest
from tokenizers import BertWordPieceTokenizer, Tokenizer
from tokenizers.processors import BertProcessing

from nabra.arabert import SEGMENTED, WHOLE_TOKENS, Preprocessing, prepare
from nabra.errors import NabraError
from nabra.farasa import JAR_VARIABLE, SegmentedPreprocessor, load_segmenter, split_affixes_v1, split_affixes_v2
from nabra.tokenization import SentenceTokenizer
from tests.conftest import seed_sentences
from tests.nabra.arabic_noise import varied

BASE = {"arabertv1": "bert-base-arabert", "arabertv2": "bert-base-arabertv2"}


class StandIn:
    """Splits off a few affixes by rule, and brackets from words."""

    def segment(self, text: str) -> str:
        return " ".join(self._word(word) for word in text.replace("[", " [ ").replace("]", " ] ").split())

    def _word(self, word: str) -> str:
        heads, tails = [], []
        while len(word) > 3 and word[0] in "وفب":
            heads.append(word[0])
            word = word[1:]
        if len(word) > 4 and word.startswith("لل"):
            heads += ["ل", "ال"]
            word = word[2:]
        elif len(word) > 4 and word.startswith("ال"):
            heads.append("ال")
            word = word[2:]
        for suffix in ("ات", "ها", "هم", "ة", "ك"):
            if len(word) > len(suffix) + 2 and word.endswith(suffix):
                tails.append(suffix)
                word = word.removesuffix(suffix)
                break
        return "+".join([*heads, word, *tails])


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    corpus = seed_sentences()
    return [*corpus[:1000], *varied(corpus, 1500, seed=1)]


@pytest.fixture(scope="module")
def vocabulary(sentences: list[str]) -> Tokenizer:
    """A WordPiece over segmented sentences, in which every affix is a piece, as in AraBERT v2."""
    preprocessor = SegmentedPreprocessor("arabertv2", StandIn())
    trained = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    trained.train_from_iterator(
        [preprocessor(sentence).text for sentence in sentences[:1000]],
        vocab_size=2000,
        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WHOLE_TOKENS],
        show_progress=False,
    )
    state = json.loads(trained.to_str())
    state["added_tokens"] = state["added_tokens"][:5]
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.post_processor = BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def build(vocabulary: Tokenizer, preprocessing: Preprocessing, max_tokens: int = 4096) -> SentenceTokenizer:
    preprocessor = SegmentedPreprocessor(preprocessing, StandIn())
    return SentenceTokenizer(prepare(vocabulary, preprocessing), 0, max_tokens, preprocessor)


def never_split(vocabulary: Tokenizer, text: str) -> list[int]:
    """BERT's ids of segmented text, in which affixes and placeholders are never split."""
    pieces = vocabulary.get_vocab()
    ids = [
        [pieces[word]] if word in WHOLE_TOKENS else vocabulary.encode(word, add_special_tokens=False).ids
        for word in text.split()
    ]
    return [pieces["[CLS]"], *(i for word in ids for i in word), pieces["[SEP]"]]


def dropped_by_bert(word: str) -> bool:
    """Whether a word is an invisible character, which BERT's own normalizer drops and we drop before."""
    return len(word) == 1 and (unicodedata.category(word).startswith("C") or word == "\ufffd")


@pytest.mark.parametrize("preprocessing", SEGMENTED)
def test_segments_and_ids_are_those_of_the_package(
    vocabulary: Tokenizer, preprocessing: Preprocessing, sentences: list[str]
) -> None:
    package = pytest.importorskip("arabert.preprocess")
    official = package.ArabertPreprocessor(BASE[preprocessing], apply_farasa_segmentation=False)
    official.farasa_segmenter, official.apply_farasa_segmentation = StandIn(), True
    preprocessor = SegmentedPreprocessor(preprocessing, StandIn())
    tokenizer = build(vocabulary, preprocessing)
    for sentence, tokens in zip(sentences, tokenizer.encode(sentences), strict=True):
        expected = [word for word in official.preprocess(sentence).split() if not dropped_by_bert(word)]
        assert preprocessor(sentence).text.split() == expected, sentence
        assert tokens.ids == never_split(vocabulary, " ".join(expected)), sentence


@pytest.mark.parametrize("preprocessing", SEGMENTED)
def test_offsets_lead_back_into_the_text(
    vocabulary: Tokenizer, preprocessing: Preprocessing, sentences: list[str]
) -> None:
    for sentence, tokens in zip(sentences, build(vocabulary, preprocessing).encode(sentences), strict=True):
        spans = [span for span, special in zip(tokens.offsets, tokens.special, strict=True) if not special]
        assert all(0 <= start <= end <= len(sentence) for start, end in spans)
        assert spans == sorted(spans), sentence


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("وذهب إلى المكتبَـــات", "و+ و|ذهب ذهب|إلى إلى|ال+ ال|مكتب مكتب|+ات ات"),
        ("للبيوت", "ل+ ل|ال+ ل|بيوت بيوت"),
        ("نعم + للبيوت", "نعم نعم|ل+ ل|ال+ ل|بيوت بيوت"),
    ],
)
def test_every_segment_knows_its_letters(text: str, places: str) -> None:
    aligned = SegmentedPreprocessor("arabertv2", StandIn())(text)
    found, start = [], 0
    for segment in aligned.text.split():
        start = aligned.text.index(segment, start)
        first, last = aligned.original(start, start + len(segment))
        found.append(f"{segment} {text[first:last]}")
        start += len(segment)
    assert "|".join(found) == places


def test_long_and_repetitive_text_is_aligned() -> None:
    aligned = SegmentedPreprocessor("arabertv2", StandIn())("كتاب للبيت + " * 3000)
    assert aligned.spans == sorted(aligned.spans)


@pytest.mark.parametrize(
    ("word", "segments"),
    [
        ("ك+بيت", "ك+ بيت"),
        ("و+ك+بيت", "و+ ك+ بيت"),
        ("بيت+ك", "بيت +ك"),
        ("بيت+ك+ات", "بيت +ك +ات"),
        ("و+ال+مكتب+ة", "و+ ال+ مكتب +ة"),
        ("ل", "ل"),
        ("+", ""),
    ],
)
def test_affixes_of_the_second_version(word: str, segments: str) -> None:
    assert " ".join(filter(None, split_affixes_v2([word]))) == segments


def test_first_version_marks_single_affixes_too() -> None:
    assert list(split_affixes_v1(["و", "ال+بيت", "ها"])) == ["و+", "ال+", "بيت", "+ها"]


def test_placeholders_are_joined_and_other_brackets_dropped() -> None:
    assert list(split_affixes_v2("[ رابط ] [ نص ]".split())) == ["[رابط]", "نص"]
    assert list(split_affixes_v2("رابط هنا".split())) == ["رابط", "هنا"]
    assert list(split_affixes_v2("رابط هنا ]".split())) == ["[رابط]", "هنا"]  # as the package has it


def test_long_sentences_are_cut_and_say_so(vocabulary: Tokenizer) -> None:
    long, short, empty = build(vocabulary, "arabertv2", max_tokens=16).encode(["قال الوزير للصحيفة " * 20, "نعم", "ًً"])
    assert len(long.ids) == 16
    assert long.truncated
    assert not short.truncated
    assert len(empty.ids) == 2


def test_missing_parts_are_named_with_a_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("farasa")
    monkeypatch.setenv(JAR_VARIABLE, str(tmp_path / "gone.jar"))
    for spoil, message in (
        (lambda: None, r"gone\.jar: no such file.*set FARASA_JAR"),
        (lambda: monkeypatch.setattr("shutil.which", lambda _: None), "install a Java runtime"),
        (lambda: monkeypatch.setitem(sys.modules, "farasa", None), r"pip install 'nabra\[farasa\]'"),
    ):
        spoil()
        with pytest.raises(NabraError, match=message) as caught:
            load_segmenter()
        assert "--config arabert" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_given_jar_is_run_and_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    segmenter = pytest.importorskip("farasa.segmenter")
    jar = tmp_path / "FarasaSegmenterJar.jar"
    jar.touch()
    monkeypatch.setenv(JAR_VARIABLE, str(jar))
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/java")
    monkeypatch.setattr(segmenter, "FarasaSegmenter", lambda **options: options)
    assert load_segmenter()["binary_path"] == str(jar)  # type: ignore[index]


def test_model_that_needs_farasa_says_so(monkeypatch: pytest.MonkeyPatch, arabert: Path) -> None:
    monkeypatch.setitem(sys.modules, "farasa", None)
    config = {"encoder": {"pad_token_id": 0}, "max_tokens": 32, "preprocessing": "arabertv2"}
    with pytest.raises(NabraError, match="this model needs Farasa"):
        SentenceTokenizer.from_directory(arabert, config)
