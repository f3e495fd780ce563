"""Token ids must be those of the package `arabert` followed by the untouched tokenizer."""

from __future__ import annotations

import gzip
import html
import itertools
import json
from collections.abc import Callable
from html.entities import html5
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from nabra.arabert import LINK, MAIL, SEGMENTED, USER, Preprocessing, detect, normalizer, prepare
from tests.conftest import SHARED, needs_shared, seed_sentences
from tests.nabra.arabic_noise import PIECES, varied

UNSEGMENTED: tuple[Preprocessing, ...] = ("arabertv01", "arabertv02", "arabertv02-twitter")


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    """2,000 of the corpus, and 2,500 that were changed."""
    corpus = seed_sentences()
    return [*corpus[:2000], *varied(corpus, 2500), *PIECES]


@pytest.fixture(scope="module", params=["placeholders added", "placeholders in the vocabulary"])
def untouched(request: pytest.FixtureRequest, arabert: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(arabert / "tokenizer.json"))
    if request.param == "placeholders added":
        tokenizer.add_special_tokens([LINK, MAIL, USER])
    return tokenizer


def official(preprocessing: str) -> Callable[[str], str]:
    package = pytest.importorskip("arabert.preprocess")
    name = f"aubmindlab/bert-base-{preprocessing}"
    try:
        clean: Callable[[str], str] = package.ArabertPreprocessor(name).preprocess
    except AttributeError:
        pytest.skip("the package needs an older emoji for its tweet models")
    return clean


def assert_same_ids(untouched: Tokenizer, preprocessing: Preprocessing, sentences: list[str]) -> None:
    prepared = Tokenizer.from_str(prepare(untouched, preprocessing).to_str())
    clean = official(preprocessing)
    expected = untouched.encode_batch([clean(sentence) for sentence in sentences])
    found = prepared.encode_batch(sentences)
    for sentence, right, own in zip(sentences, expected, found, strict=True):
        assert own.ids == right.ids, f"{sentence!r}: {own.tokens} for {right.tokens}"


@pytest.mark.parametrize("preprocessing", UNSEGMENTED)
def test_ids_are_those_of_the_package(untouched: Tokenizer, preprocessing: Preprocessing, sentences: list[str]) -> None:
    assert_same_ids(untouched, preprocessing, sentences)


@needs_shared
@pytest.mark.parametrize("preprocessing", UNSEGMENTED)
def test_ids_are_those_of_the_package_on_newspapers(arabert: Path, preprocessing: Preprocessing) -> None:
    with gzip.open(SHARED / "wire" / "raw.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in itertools.islice(lines, 150)]
    paragraphs = [paragraph for text in texts for paragraph in text.split("\n")]
    assert_same_ids(Tokenizer.from_file(str(arabert / "tokenizer.json")), preprocessing, paragraphs)


def test_character_references_are_those_of_html(untouched: Tokenizer) -> None:
    numbers = [*range(0x700), *range(0x2000, 0x2040), 0x1F600, 0x110000]
    names = [*html5, *(f"#{n};" for n in numbers), *(f"#x{n:X}" for n in numbers), "#;", "#x;", "unknown;", "ampere;"]
    texts = [*(f"قال &{name} نعم" for name in names), "R&D وAT&T; &amp;#39; &amp;amp; &ampamp; &#0065"]
    prepared = prepare(untouched, "arabertv02")
    expected = prepared.encode_batch([html.unescape(text).replace("&", "§") for text in texts])
    for text, right, own in zip(texts, expected, prepared.encode_batch(texts), strict=True):
        assert own.ids == right.ids, text


@pytest.mark.parametrize("preprocessing", [*UNSEGMENTED, "camelbert"])
def test_offsets_lead_back_into_the_text(
    untouched: Tokenizer, preprocessing: Preprocessing, sentences: list[str]
) -> None:
    prepared = prepare(untouched, preprocessing)
    some = sentences[2000:3500]
    for sentence, encoding in zip(some, prepared.encode_batch(some), strict=True):
        spans = [
            span for span, special in zip(encoding.offsets, encoding.special_tokens_mask, strict=True) if not special
        ]
        assert all(0 <= start <= end <= len(sentence) for start, end in spans)
        assert spans == sorted(spans), sentence


def test_words_keep_their_marks_and_links_their_place(untouched: Tokenizer) -> None:
    text = "كَتَبَ الوزيــر إلى user@mail.org عن http://a.com/b في ١٢كم"
    encoding = prepare(untouched, "arabertv02").encode(text)
    words = {}
    for token, (start, end), word in zip(encoding.tokens, encoding.offsets, encoding.word_ids, strict=True):
        if word is not None:
            first, tokens = words.get(word, (start, ""))
            words[word] = (first, tokens + token.removeprefix("##"))
            assert text[start:end]
    starts = {word: start for start, word in words.values()}
    assert text[starts["كتب"] :].startswith("كَتَبَ")
    assert text[starts["الوزير"] :].startswith("الوزيــر")
    assert text[starts["12"] :].startswith("١٢كم")
    assert text[starts["كم"] :] == "كم"


@pytest.mark.parametrize("text", [".", "a.", "a@", "http", '"', "ا", "a-", "&", "<", "1ا"])
@pytest.mark.parametrize("preprocessing", UNSEGMENTED)
def test_long_runs_are_read(untouched: Tokenizer, preprocessing: Preprocessing, text: str) -> None:
    assert prepare(untouched, preprocessing).encode(text * (20_000 // len(text))).ids


def test_camelbert_reads_no_marks(untouched: Tokenizer) -> None:
    prepared = prepare(untouched, "camelbert")
    assert prepared.encode("هٰـذا الوَزيــرُ").ids == untouched.encode("هذا الوزير").ids
    assert prepared.encode("http://a.com 12كم").ids == untouched.encode("http://a.com 12كم").ids


def test_segmented_generations_leave_cleaning_to_farasa(untouched: Tokenizer) -> None:
    for preprocessing in SEGMENTED:
        assert str(prepare(untouched, preprocessing).normalizer) == str(untouched.normalizer)
        assert normalizer(preprocessing).normalize_str("الوَزيــرُ") == "الوزير"


def test_nothing_is_done_to_other_encoders(untouched: Tokenizer) -> None:
    assert prepare(untouched, "none").to_str() == untouched.to_str()


@pytest.mark.parametrize(
    ("name", "vocabulary", "preprocessing"),
    [
        ("aubmindlab/bert-base-arabertv02", [], "arabertv02"),
        ("aubmindlab/bert-large-arabertv02", [], "arabertv02"),
        ("aubmindlab/bert-base-arabertv02-twitter", [], "arabertv02-twitter"),
        ("aubmindlab/bert-base-arabertv01", [], "arabertv01"),
        ("aubmindlab/bert-base-arabert", [], "arabertv1"),
        ("aubmindlab/bert-large-arabertv2", [], "arabertv2"),
        ("aubmindlab/araelectra-base-discriminator", [], "arabertv02"),
        ("someone/bert-base-arabertv02-finetuned-news", [], "arabertv02"),
        ("/models/bert-base-arabertv2/", [], "arabertv2"),
        ("C:\\models\\bert-base-arabertv02", [], "arabertv02"),
        ("/arabertv2/mine", [], "none"),
        ("mine", ["[PAD]", LINK], "arabertv02"),
        ("mine", [LINK, "ال+", "+ات"], "arabertv2"),
        ("CAMeL-Lab/bert-base-arabic-camelbert-msa", [], "camelbert"),
        ("UBC-NLP/MARBERT", ["[PAD]"], "none"),
        ("compact", [], "none"),
    ],
)
def test_generation_is_told_by_name_then_by_vocabulary(name: str, vocabulary: list[str], preprocessing: str) -> None:
    assert detect(name, vocabulary) == preprocessing
