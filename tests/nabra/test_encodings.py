"""Which encoding a file has is found out, or asked for."""

from __future__ import annotations

import codecs
import gzip
import json
from pathlib import Path

import pytest

from nabra.encodings import choose_encoding
from nabra.errors import NabraError
from nabra.readers import read_articles
from tests.conftest import seed_sentences
from tests.nabra.test_readers import SENTENCES, TEXT, readable, texts, write


@pytest.mark.parametrize("kind", [".txt", ".jsonl", ".csv", ".jsonl.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1256", "iso8859_6", "mac_arabic"])
def test_encodings_are_found(tmp_path: Path, encoding: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    text = TEXT.replace("ستبدأ", "ستبدأ غدا، صباح الأحد")
    record = json.dumps({"text": text}, ensure_ascii=False)
    content = {".txt": text, ".csv": f'id,text\nx,"{text}"\n'}.get(kind, record + "\n" + record).encode(encoding)
    path = tmp_path / f"a{kind}"
    path.write_bytes(gzip.compress(content) if kind.endswith(".gz") else content)
    articles = list(read_articles([path]))
    assert len(articles) == 1 + kind.startswith(".jsonl")
    assert {tuple(texts(article)) for article in articles} == {("وصل الوفد أمس.", text[15:])}
    said = [] if encoding.startswith("utf-8") else [f"{path}: is not UTF-8; read as {encoding}"]
    assert caplog.messages == said
    assert list(read_articles([path], encoding=encoding)) == articles
    assert caplog.messages == said  # what is named need not be said


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE])
def test_utf_16_of_either_order(tmp_path: Path, mark: bytes) -> None:
    order = "utf-16-be" if mark == codecs.BOM_UTF16_BE else "utf-16-le"
    path = tmp_path / "a.jsonl"
    path.write_bytes(mark + json.dumps({"text": TEXT}, ensure_ascii=False).encode(order))
    assert texts(*read_articles([path])) == texts(*read_articles([path], encoding=order)) == SENTENCES
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(NabraError, match=r"a\.jsonl:1: is not utf-16.*--encoding"):
        list(read_articles([path]))


@pytest.mark.parametrize("encoding", ["cp1256", "iso8859_6", "mac_arabic"])
def test_encodings_of_short_samples_are_told_or_asked_for(encoding: str) -> None:
    """Never is a text taken for another; from 40 characters on nearly none is asked for."""
    corpus = " ".join(seed_sentences()[:400]).encode(encoding, "ignore")
    asked = {}
    for size in (10, 20, 40, 200):
        samples = [corpus[start : start + size] for start in range(0, 40_000, 211)]
        asked[size] = 0
        for sample in samples:
            try:
                chosen = choose_encoding(sample, "x")
            except NabraError:
                asked[size] += 1
            else:
                assert sample.decode(chosen) == sample.decode(encoding)
    assert asked[40] < 5
    assert asked[200] == 0


def test_unknown_encodings_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", TEXT)
    for name in ("klingon", "ascii", "hex", "a\0b"):
        with pytest.raises(NabraError, match=r"--encoding: .* is no encoding of Arabic"):
            list(read_articles([path], encoding=name))
    path.write_bytes("déjà vu à Genève".encode("cp1252"))
    with pytest.raises(NabraError, match=r"a\.txt: is neither UTF-8 nor Arabic"):
        list(read_articles([path]))


def test_an_undecodable_byte_costs_one_article(tmp_path: Path) -> None:
    good = json.dumps({"text": TEXT}, ensure_ascii=False).encode()
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([good, good.replace("الوفد".encode(), b"\xe3\xe4"), good]))
    articles, faults = readable(path)
    assert len(articles) == 2
    assert faults == [
        f"{path}:2: column 15: the byte 0xe3 is not utf-8; mend it, or name the file's encoding with --encoding"
    ]
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,text\n1," + TEXT.encode() + b"\n2,\xe3\n3," + TEXT.encode() + b"\n")
    articles, faults = readable(path)
    assert [article.id for article in articles] == ["1", "3"]
    assert "row 2: text: column 1: the byte 0xe3" in faults[0]
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.encode() + b"\n\n" + "نص".encode() + b"\xff")
    assert "a.txt: line 3, column 3: the byte 0xff" in readable(path)[1][0]
