from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest

from nabra.errors import NabraError
from nabra.readers import read_articles

TEXT = "وصل الوفد أمس. قال الوزير إن المحادثات ستبدأ."


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_text_file_is_one_article_with_offsets_into_its_text(tmp_path: Path) -> None:
    (article,) = read_articles([write(tmp_path / "خبر.txt", TEXT)])
    assert article.id == "خبر"
    assert [TEXT[s.start : s.end] for s in article.sentences] == [s.text for s in article.sentences]
    assert len(article.sentences) == 2


def test_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    (article,) = read_articles([path])
    assert article.sentences[0].start == 0
    assert article.sentences[0].text == "وصل الوفد أمس."


def test_json_lines_with_text_or_split_sentences(tmp_path: Path) -> None:
    records = [
        {"id": "a", "title": "عنوان", "text": TEXT},
        {"sentences": ["وصل الوفد.", "عاد الوفد."]},
        {"id": 7, "sentences": [{"text": "وصل الوفد.", "tone": "obstacle"}]},
    ]
    path = write(tmp_path / "in.jsonl", "\n\n".join(json.dumps(r) for r in records))
    first, second, third = read_articles([path])
    assert first.metadata == {"title": "عنوان"}
    assert len(first.sentences) == 2
    assert second.id == "in-3"
    assert [(s.start, s.end) for s in second.sentences] == [(0, 10), (11, 21)]
    assert third.id == "7"
    assert third.sentences[0].tone == ""


def test_csv_rows_keep_their_other_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", f'id,body,date\nx,"{TEXT}\nوعاد.",2020-01-01\n')
    (article,) = read_articles([path], text_field="body")
    assert article.id == "x"
    assert article.metadata == {"date": "2020-01-01"}
    assert len(article.sentences) == 3


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"id": ["x", "y"], "text": [TEXT, TEXT]}), tmp_path / "in.parquet")
    assert [article.id for article in read_articles([tmp_path / "in.parquet"])] == ["x", "y"]


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.txt", "a.txt", "deep/c.txt"):
        write(tmp_path / name, TEXT)
    write(tmp_path / "notes.md", "no article")
    assert [article.id for article in read_articles([tmp_path])] == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["in.jsonl.gz", "in.csv.gz", "in.txt.gz", "in.jsonl.zst"])
def test_compressed_files(tmp_path: Path, name: str) -> None:
    content = {"jsonl": json.dumps({"text": TEXT}), "csv": f'text\n"{TEXT}"\n', "txt": TEXT}[name.split(".")[1]]
    if name.endswith(".gz"):
        (tmp_path / name).write_bytes(gzip.compress(content.encode()))
    else:
        pyarrow = pytest.importorskip("pyarrow")
        (tmp_path / name).write_bytes(pyarrow.compress(content.encode(), "zstd", asbytes=True))
    (article,) = read_articles([tmp_path])
    assert article.id in ("in", "in-1")
    assert len(article.sentences) == 2


def test_standard_input_may_be_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sys.stdin", io.StringIO("\n" + json.dumps({"text": TEXT}) + "\n\n" + json.dumps({"id": "b", "text": TEXT}))
    )
    assert [article.id for article in read_articles(["-"])] == ["stdin-1", "b"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(TEXT))
    (article,) = read_articles(["-"])
    assert article.id == "stdin"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "", "holds no text"),
        ("a.txt", "Only English here.", "holds no Arabic text"),
        ("a.pdf", "x", "unknown kind of file"),
        ("a.jsonl", "", "holds no article"),
        ("a.jsonl", '{"id": "x", "text": "نص"}\n{"id": ', r"a\.jsonl:2: broken JSON, column 8"),
        ("a.jsonl", "[1]", r"a\.jsonl:1: expected a JSON object"),
        ("a.jsonl", '{"body": "نص"}', r"a\.jsonl:1: no text in the field 'text' \(fields: body\).*--text_field"),
        ("a.jsonl", '{"sentences": "نص"}', r"a\.jsonl:1: sentences: must be a list"),
        ("a.jsonl", '{"sentences": ["نص", 3]}', r"a\.jsonl:1: sentences\[1\]"),
        ("a.csv", "id,text\n", "holds no article"),
        ("a.csv", "id,body\nx,نص\n", r"row 1: no text in the field 'text'"),
        ("a.parquet", "not parquet", "not a Parquet file"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(NabraError, match=message):
        list(read_articles([write(tmp_path / name, content)]))


def test_missing_file_and_empty_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(NabraError, match=r"gone\.txt: no such file"):
        list(read_articles([tmp_path / "gone.txt"]))
    with pytest.raises(NabraError, match="holds no article files"):
        list(read_articles([tmp_path]))


def test_other_encodings_are_refused_with_the_place(tmp_path: Path) -> None:
    for name in ("a.txt", "a.jsonl"):
        (tmp_path / name).write_bytes("وصل الوفد".encode("cp1256"))
        with pytest.raises(NabraError, match="not UTF-8"):
            list(read_articles([tmp_path / name]))
