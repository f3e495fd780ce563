"""Labels of real articles: no text in them, and the same articles again once they are joined with it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from nabra.article import TONES, Article
from nabra.errors import NabraError
from nabra.writers import to_json_line
from nabra_train.data import load_articles

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import newspapers  # noqa: E402

LABELS = sorted((ROOT / "seeds" / "newspapers").glob("*_labels.jsonl"))


def test_there_and_back(labelled: list[Article], tmp_path: Path) -> None:
    article, dataset = labelled[0], tmp_path / "dataset.jsonl"
    before, labels, joined = (tmp_path / f"{name}.jsonl" for name in ("labelled", "labels", "joined"))
    before.write_text(to_json_line(article), encoding="utf-8")
    text = "عنوان  الخبر\n\n" + "  ".join(sentence.text for sentence in article.sentences)
    dataset.write_text(json.dumps({"content": "خبر آخر."}) + "\n" + json.dumps({"content": text}), encoding="utf-8")
    field = ["--text_field", "content"]
    newspapers.main(["strip", str(before), str(dataset), "--output", str(labels), *field])
    newspapers.main(["join", str(labels), str(dataset), "--output", str(joined), *field])
    assert load_articles(joined, TONES)[0].sentences == article.sentences
    # Only a name that stands nowhere in one piece would be written out, and here every one does.
    assert not re.search(r"[\u0600-\u06ff]", labels.read_text(encoding="utf-8"))


def test_an_article_that_the_dataset_lacks(labelled_file: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text('{"text": "نص آخر"}\n', encoding="utf-8")
    with pytest.raises(NabraError, match="article 't-0': no text of the dataset holds its sentences"):
        newspapers.main(["strip", str(labelled_file), str(empty), "--output", str(tmp_path / "labels.jsonl")])
    with pytest.raises(NabraError, match="the dataset does not hold its text"):
        newspapers.main(["join", str(LABELS[0]), str(empty), "--output", str(tmp_path / "joined.jsonl")])


@pytest.mark.parametrize(
    "sentences", [None, 5, [{}], [{"at": ["a", 1]}], [{"at": [0, 3], "tone": "cautious", "speaker": 5}]]
)
def test_labels_that_are_none_are_named(sentences: object, tmp_path: Path) -> None:
    labels = [{"text": newspapers.fingerprint("نص آخر"), "sentences": sentences}]
    with pytest.raises(NabraError, match="article 1 of the labels: is not as 'strip' writes it"):
        list(newspapers.join(labels, ["نص آخر"]))


def test_an_output_that_exists_is_replaced_only_when_told(labelled_file: Path, tmp_path: Path) -> None:
    dataset = tmp_path / "dataset.jsonl"
    dataset.write_text("{}\n", encoding="utf-8")
    with pytest.raises(NabraError, match="is an input too"):
        newspapers.main(["strip", str(labelled_file), str(dataset), "--output", str(dataset), "--overwrite"])
    (tmp_path / "out").write_text("old", encoding="utf-8")
    with pytest.raises(NabraError, match="out: exists; --overwrite replaces it"):
        newspapers.main(["strip", str(labelled_file), str(dataset), "--output", str(tmp_path / "out")])


def test_no_text_of_a_newspaper_is_kept() -> None:
    records = [json.loads(line) for file in LABELS for line in file.read_text(encoding="utf-8").splitlines()]
    assert len({record["text"] for record in records}) == len(records)
    speakers = [sentence["speaker"] for record in records for sentence in record["sentences"]]
    written_out = [s["name"] for s in speakers if s and isinstance(s["name"], str)]
    assert all(len(name.split()) < 13 for name in written_out)
    assert len(written_out) < len(speakers) / 20
