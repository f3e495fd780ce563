from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nabra.article import TONES, Article, Mention, Sentence, Source, Speaker
from nabra.decoding import SOURCES
from nabra.errors import NabraError
from nabra.modeling import IGNORED
from nabra.tokenization import SentenceTokenizer
from nabra_train.data import build_dataset, load_articles, source_of


def record(**changes: Any) -> dict[str, Any]:
    sentence = {
        "text": "قال عادل نعم.",
        "tone": "cautious",
        "speaker": {"name": "عادل", "mention": {"sentence": 0, "text": "عادل"}},
    }
    return {"id": "x", "sentences": [sentence | changes]}


def load(tmp_path: Path, *records: dict[str, Any]) -> list[Article]:
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return load_articles(path, TONES)


def test_good_articles_are_read(tmp_path: Path) -> None:
    (article,) = load(tmp_path, record())
    assert article.sentences[0].speaker.name == "عادل"
    assert source_of(0, article.sentences[0]) is Source.HERE


MENTION = {"sentence": 0, "text": "عادل"}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({**record(), "id": ""}, "id: must be a non-empty string"),
        ({"id": "x", "sentences": []}, "sentences: must be a non-empty list"),
        ({"id": "x", "sentences": ["نص"]}, r"sentences\[0\]: must be an object"),
        (record(text=" "), r"sentences\[0\]\.text: must be a non-empty string"),
        (record(text="سطر\nسطر"), r"sentences\[0\]\.text: .*without a line break"),
        (record(tone="angry"), r"sentences\[0\]\.tone: 'angry' is none of optimistic, cautious, obstacle"),
        ({"id": "x", "sentences": [{"text": "نص", "tone": "cautious"}]}, r"\.speaker: is missing; write null"),
        (record(tone="x" * 1000), r"tone: 'x{198}… is none of"),
        (record(mood="grim"), r"sentences\[0\]\.mood: unknown field; the fields are text, tone, speaker"),
        (record(end="9"), r"sentences\[0\]\.end: must be a character offset"),
        (record(start=-1), r"sentences\[0\]\.start: must be a character offset"),
        (record(undecided="no"), r"\.undecided: must be true or false"),
        (record(scores={"cautious": True}), r"\.scores: must be an object of numbers"),
        (record(speaker={"name": "ع", "role": "", "mention": MENTION}), r"\.speaker\.role: unknown field"),
        (record(speaker={"name": "ع", "mention": MENTION | {"end": "9"}}), r"\.mention\.end: must be a character"),
        (record(speaker="عادل"), r"\.speaker: must be null or an object with a name and a mention"),
        (record(speaker={"name": "", "mention": MENTION}), r"\.speaker: must be null or an object"),
        (record(speaker={"name": "ع", "mention": MENTION | {"sentence": 1}}), r"mention\.sentence: 1 is no index"),
        (record(speaker={"name": "ع", "mention": MENTION | {"text": "بشير"}}), r"'بشير' does not occur in sentence 0"),
        (record(speaker={"name": "ع", "mention": MENTION | {"text": "نعم."}}), r"has punctuation or white space"),
    ],
)
def test_faults_are_named_with_file_line_article_and_field(tmp_path: Path, bad: dict[str, Any], message: str) -> None:
    with pytest.raises(NabraError, match=rf"in\.jsonl:2: article .*{message}"):
        load(tmp_path, record() | {"id": "first"}, bad)


@pytest.mark.parametrize("later", ["عادل", ["عادل"], None, {"text": ["عادل"]}])
def test_a_mention_in_what_is_no_sentence_is_a_fault(tmp_path: Path, later: object) -> None:
    speaker = {"name": "عادل", "mention": {"sentence": 1, "text": "عادل"}}
    with pytest.raises(NabraError, match=r"mention\.text: 'عادل' does not occur in sentence 1"):
        load(tmp_path, {"id": "x", "sentences": [record(speaker=speaker)["sentences"][0], later]})


def test_no_file_at_all_is_named() -> None:
    with pytest.raises(NabraError, match=r"no file is named; see --data\.train"):
        load_articles("", TONES)


@pytest.mark.parametrize("mention", ["صحيفة «الوطن»", "مركز (أمل)", 'قناة "النور"'])
def test_a_mark_that_closes_what_the_mention_opened_belongs_to_it(tmp_path: Path, mention: str) -> None:
    speaker = {"name": mention, "mention": {"sentence": 0, "text": mention}}
    (article,) = load(tmp_path, record(text=f"قالت {mention} نعم.", speaker=speaker))
    assert article.sentences[0].speaker.mention.text == mention
    for ragged in (f"«{mention}", f"{mention}،"):
        with pytest.raises(NabraError, match="punctuation or white space at its edge"):
            load(
                tmp_path,
                record(text=f"قالت {ragged} نعم.", speaker=speaker | {"mention": {"sentence": 0, "text": ragged}}),
            )


def test_ids_stand_once(tmp_path: Path) -> None:
    with pytest.raises(NabraError, match=r"in\.jsonl:2: article 'x': id: an earlier article has it"):
        load(tmp_path, record(), record())


def test_examples_carry_the_labels_of_all_heads(labelled: list[Article], tokenizer: SentenceTokenizer) -> None:
    dataset = build_dataset(labelled[:1], tokenizer, TONES)
    assert [TONES[label] for label in dataset["tone_labels"]] == ["cautious", "optimistic", "optimistic", "obstacle"]
    assert [SOURCES[label].value for label in dataset["source_labels"]] == ["none", "here", "continues", "here"]
    assert dataset["span_labels"][0] == [IGNORED, IGNORED]
    sentence = labelled[0].sentences[1]
    first, last = dataset["span_labels"][1]
    (encoding,) = tokenizer.encode([sentence.text])
    assert sentence.text[encoding.offsets[first][0] : encoding.offsets[last][1]].strip() == (
        sentence.speaker.mention.text
    )


def test_a_mention_that_was_cut_off_has_no_label(labelled: list[Article], tokenizer: SentenceTokenizer) -> None:
    text = "نعم " * 60 + "قال عادل"
    article = load_like(text)
    assert build_dataset([article], tokenizer, TONES)["span_labels"] == [[IGNORED, IGNORED]]


def load_like(text: str) -> Article:
    return Article.from_dict(record(text=text))


def test_a_model_learns_from_the_text_that_it_will_read(tokenizer: SentenceTokenizer) -> None:
    plain, strange = "قال الوزير عادل نعم.", "قال\u200f الوز\u200bير عا\u200dدل نعم."
    rows = []
    for text, mention in ((plain, "عادل"), (strange, "عا\u200dدل")):
        speaker = Speaker("عادل", Mention(0, mention))
        article = Article(id="x", sentences=(Sentence(text, tone="cautious", speaker=speaker),))
        rows += build_dataset([article], tokenizer, TONES)
    assert rows[0] == rows[1]
