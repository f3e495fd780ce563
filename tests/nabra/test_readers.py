from __future__ import annotations

import errno
import gzip
import io
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from nabra import files
from nabra.article import Article
from nabra.errors import NabraError
from nabra.readers import find_articles, read_articles
from nabra.records import ReadOptions
from tests.conftest import seed_sentences

TEXT = "وصل الوفد أمس. قال الوزير إن المحادثات ستبدأ."
SENTENCES = ["وصل الوفد أمس.", "قال الوزير إن المحادثات ستبدأ."]


def texts(*articles: Article) -> list[str]:
    return [sentence.text for article in articles for sentence in article.sentences]


def readable(path: Path, **options: Any) -> tuple[list[Article], list[str]]:
    """The articles of a file that can be read, and why the others cannot."""
    articles, faults = [], []
    for load in find_articles([path], ReadOptions(**options)):
        try:
            articles.append(load())
        except NabraError as fault:
            faults.append(str(fault))
    return articles, faults


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


def test_values_that_json_lacks_become_what_it_has(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = {"text": [TEXT], "id": [b"x"], "score": [float("nan")], "inside": [[float("inf")]]}
    parquet.write_table(pyarrow.table(table), tmp_path / "in.parquet")
    (article,) = read_articles([tmp_path / "in.parquet"])
    assert (article.id, article.metadata) == ("x", {"score": None, "inside": [None]})
    parquet.write_table(pyarrow.table({"text": [TEXT], "id": [[b"x"]]}), tmp_path / "list.parquet")
    with pytest.raises(NabraError, match=r'row 1: id: must be a string or a number, not \["x"\]'):
        list(read_articles([tmp_path / "list.parquet"]))


def test_blank_lines_before_the_names_of_columns_are_passed_over(tmp_path: Path) -> None:
    (article,) = read_articles([write(tmp_path / "in.csv", f"\n\nid,text\nx,{TEXT}\n")])
    assert article.id == "x"


def test_standard_input_is_named_once() -> None:
    with pytest.raises(NabraError, match="- is named twice"):
        read_articles(["-", "-"])


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


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_are_found_between_commas_semicolons_and_tabs(delimiter: str, tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", f'\ufeffid{delimiter}text\nx{delimiter}"{TEXT}"\n')
    (article,) = read_articles([path])
    assert article.id == "x"
    assert texts(article) == SENTENCES


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


def feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_standard_input_may_be_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, f"\n{json.dumps({'text': TEXT})}\n\n{json.dumps({'id': 'b', 'text': TEXT})}".encode())
    assert [article.id for article in read_articles(["-"])] == ["stdin-2", "b"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, b"\n\n" + TEXT.encode())
    (article,) = read_articles(["-"])
    assert (article.id, article.sentences[0].start) == ("stdin", 2)


def test_standard_input_in_another_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, TEXT.encode("cp1256"))
    assert texts(*read_articles(["-"])) == SENTENCES
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(NabraError, match="standard input: is closed"):
        list(read_articles(["-"]))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "", "holds no text"),
        ("a.txt", "Only English here.", "holds no Arabic text"),
        ("a.pdf", "x", "unknown kind of file"),
        ("a.jsonl", "", "holds no article"),
        ("a.jsonl", '{"id": "x", "text": "نص"}\n{"id": ', r"a\.jsonl:2: broken JSON, column 8"),
        ("a.jsonl", "[1]", r"a\.jsonl:1: expected a JSON object"),
        ("a.jsonl", '{"body": "نص"}', r"a\.jsonl:1: no text in the field 'text' \(fields: 'body'\).*--text_field"),
        ("a.jsonl", '{"sentences": "نص"}', r"a\.jsonl:1: sentences: must be a list"),
        ("a.jsonl", '{"sentences": ["نص", 3]}', r"a\.jsonl:1: sentences\[1\]"),
        ("a.jsonl", '{"id": ["x"], "text": "نص"}', r"a\.jsonl:1: id: must be a string or a number"),
        ("a.jsonl", '{"text": 7}', r"a\.jsonl:1: text: must be a string, not int"),
        ("a.jsonl", '{"text": null}', r"a\.jsonl:1: text: must be a string, not null"),
        ("a.jsonl", '{"text": {"text": "نص"}}', r"a\.jsonl:1: text: must be a string, not dict"),
        ("a.jsonl", '{"sentences": {"text": "نص"}}', r"a\.jsonl:1: sentences: must be a list"),
        ("a.jsonl", '{"sentences": []}', r"a\.jsonl:1: holds no text"),
        ("a.jsonl", '{"text": "نص", "score": NaN}', r"a\.jsonl:1: broken JSON: NaN"),
        ("a.jsonl", '{"text": "نص", "x": ' + "1" * 5000 + "}", r"a\.jsonl:1: broken JSON: Exceeds"),
        ("a.jsonl", '{"text": "نص", "x": ' + "[" * 100_000, r"a\.jsonl:1: more than 100 lists"),
        ("a.jsonl", '{"text": "نص", "x": 1e999}', r"a\.jsonl:1: broken JSON: the number 1e999 is too large"),
        ("a.jsonl", '{"text": "نص", "x": {"a": 1, "a": 2}}', r"a\.jsonl:1: broken JSON: the key 'a' stands twice"),
        ("a.jsonl", json.dumps({f"c{n}": 1 for n in range(30)}), r"'c18', 'c19' and 10 more\); name it with --text"),
        ("a.csv", 'id,text\nx,"نص\ny,نص\n', "row 1: a quotation mark opens that is never closed"),
        ("a.txt", '{"text": "نص"}\n', r"a\.txt: holds JSON, not text"),
        ("a.txt", '[\n {"text": "نص"}]', r"a\.txt: holds JSON, not text"),
        ("a.jsonl", "PK\x03\x04\x14", r"a\.jsonl: is a ZIP archive"),
        ("a.txt", "%PDF-1.4\nنص", r"a\.txt: is a PDF; take the text out"),
        ("a.txt", f"{'a.txt':\0<257}ustar نص", r"a\.txt: is a tar archive; unpack it"),
        ("a.csv", '"id,text\nx,نص\n', "the first line: a quotation mark opens that is never closed"),
        ("a.jsonl", '{"text": "نص", "x": ' + "[" * 200 + "]" * 200 + "}", r"a\.jsonl:1: more than 100 lists"),
        ("a.jsonl", "\n \n", "holds no article"),
        ("a.txt", "...!؟ «»", "holds no Arabic text"),
        ("a.txt", TEXT.encode("utf-16-le").decode(), "holds no Arabic text.*--encoding utf-16-le"),
        ("a.txt", "<!DOCTYPE html><html><p>" + TEXT, r"a\.txt: holds HTML \(<!DOCTYPE html>\).*--strip-html"),
        ("a.jsonl", '{"sentences": ["<p>نص</p>"]}', r"a\.jsonl:1: sentences\[0\]: holds HTML"),
        ("a.txt", "ةنيدملا ىلإ ةحص ةرازو ةثعب تلصو", "letters stand in reverse order"),
        ("a.csv", "id,text\nx,نص,نص\n", "row 1: has more fields"),
        ("a.csv", "id,text\nx\n", "row 1: text: must be a string, not null"),
        ("a.csv", "id,text\n", "holds no article"),
        ("a.csv", "text,text\nنص,نص\n", "two columns are called 'text'"),
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


def test_half_a_surrogate_pair_becomes_a_sign(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "a.jsonl", r'{"id": "\udc00", "text": "نص \ud83d هنا \ud83d\ude00", "\ud83d": 1}')
    (article,) = read_articles([path])
    assert (article.id, article.sentences[0].text) == ("\ufffd", "نص \ufffd هنا \U0001f600")
    assert article.metadata == {"\ufffd": 1}
    assert caplog.messages == [f"{path}:1: half a surrogate pair (as \\ud83d alone); read as the sign U+FFFD"]


def test_invisible_characters_stay_in_the_text(tmp_path: Path) -> None:
    text = "\u202bقال الوز\u200cير \0إن\u202e المحا\u00adدثات بدأت.\u202c\n\u200f\nوصل."
    (article,) = read_articles([write(tmp_path / "a.txt", text)])
    assert texts(article) == [text.split("\n")[0], "وصل."]


def test_presentation_forms_are_arabic(tmp_path: Path) -> None:
    (article,) = read_articles([write(tmp_path / "a.txt", "ﻗﺎﻝ ﺍﻟﻮﺯﻳﺮ")])
    assert texts(article) == ["ﻗﺎﻝ ﺍﻟﻮﺯﻳﺮ"]


def test_no_article_of_the_corpus_is_taken_for_reversed_or_html(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", "\n".join(json.dumps({"text": text}) for text in seed_sentences()[::4]))
    assert [fault for fault in readable(path)[1] if "Arabic" not in fault] == []


def test_html_is_stripped(tmp_path: Path) -> None:
    pytest.importorskip("html_text")
    page = (
        "<html><head><style>p{}</style></head><body><p>وصل <b>الوفد</b> أمس.</p><p>قال&nbsp;الوزير.</p></body></html>"
    )
    record = {"id": "b", "sentences": ["<b>وصل</b> الوفد.", "عاد الوفد."]}
    path = write(tmp_path / "a.jsonl", json.dumps({"text": page}) + "\n" + json.dumps(record))
    first, second = read_articles([path], strip_html=True)
    assert texts(first) == ["وصل الوفد أمس.", "قال الوزير."]
    assert texts(second) == ["وصل الوفد.", "عاد الوفد."]
    (plain,) = read_articles([write(tmp_path / "a.txt", "٣ < ٥\nوصل")], strip_html=True)
    assert texts(plain) == ["٣ < ٥", "وصل"]


def test_without_html_text_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "html_text", None)
    with pytest.raises(NabraError, match=r"pip install 'nabra\[html\]'"):
        list(read_articles([write(tmp_path / "a.txt", "<p>نص")], strip_html=True))


def test_what_is_too_long_costs_one_article(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("records", "readers"):
        monkeypatch.setattr(f"nabra.{module}.LONGEST_ARTICLE", 1000)
    monkeypatch.setattr("nabra.json_lines.LONGEST_LINE", 3000)
    good, long = json.dumps({"text": TEXT}), json.dumps({"text": TEXT * 30}, ensure_ascii=False)
    endless = json.dumps({"text": TEXT * 1000})
    sentences = json.dumps({"sentences": [TEXT] * 30}, ensure_ascii=False)
    path = write(tmp_path / "a.jsonl", "\n".join([good, endless, good, long, sentences, good, endless]))
    articles, faults = readable(path)
    assert [article.id for article in articles] == ["a-1", "a-3", "a-6"]
    assert [fault.removeprefix(f"{path}:")[:20] for fault in faults] == [
        "2: the line is longer than"[:20],
        "4: the text is longer than"[:20],
        "5: its sentences have more"[:20],
        "7: the line is longer than"[:20],
    ]
    assert "the text is longer" in readable(write(tmp_path / "a.txt", TEXT * 30))[1][0]
    assert "not CSV (field larger" in readable(write(tmp_path / "a.csv", f'text\n"{TEXT * 30}'))[1][0]


def test_an_id_that_occurs_again_is_kept_and_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "a.jsonl", (json.dumps({"id": "x", "text": TEXT}) + "\n") * 3)
    assert [article.id for article in read_articles([path])] == ["x", "x", "x"]
    assert caplog.messages == ["the id 'x' occurs again; articles are best told apart by ids of their own"]


def test_an_id_may_be_a_number_or_missing(tmp_path: Path) -> None:
    records = [{"id": 0}, {"id": None}, {"id": ""}, {"id": 1.5}]
    path = write(tmp_path / "a.jsonl", "\n".join(json.dumps(record | {"text": TEXT}) for record in records))
    assert [article.id for article in read_articles([path])] == ["0", "a-2", "a-3", "1.5"]


def test_names_of_files_may_be_anything(tmp_path: Path) -> None:
    names = [b"-a.txt", b"\n b.txt", b"\xe3\xc7.txt"]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text(TEXT, encoding="utf-8")
    assert [article.id for article in read_articles([tmp_path])] == ["\n b", "-a", r"\xe3\xc7"]


def test_what_macos_notes_about_files_is_no_article(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", TEXT)
    (tmp_path / "._a.txt").write_bytes(b"\x00\x05\x16\x07")
    assert [article.id for article in read_articles([tmp_path])] == ["a"]
    assert readable(tmp_path / "._a.txt")[1]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_pipes_links_and_devices(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    (tmp_path / "zero.txt").symlink_to("/dev/zero")
    write(tmp_path / "a.txt", TEXT)
    articles, faults = readable(tmp_path)  # neither waits for the pipe nor follows the loop
    assert [article.id for article in articles] == ["a"]
    assert [fault.removeprefix(f"{tmp_path}/") for fault in faults] == [
        "loop.txt: cannot be read (Too many levels of symbolic links)"
    ]
    with pytest.raises(NabraError, match=r"zero\.txt: is a device"):
        find_articles([tmp_path / "zero.txt"])
    with pytest.raises(NabraError, match=r"loop\.txt: cannot be read"):
        find_articles([tmp_path / "loop.txt"])
    with pytest.raises(NabraError, match="cannot be read"):
        find_articles(["a" * 5000])
    writer = threading.Thread(target=write, args=(tmp_path / "pipe.jsonl", json.dumps({"text": TEXT})))
    writer.start()
    assert texts(*read_articles([tmp_path / "pipe.jsonl"])) == SENTENCES
    writer.join()


def test_what_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked").mkdir()
    write(tmp_path / "a.txt", TEXT)
    write(tmp_path / "b.txt", TEXT)
    scandir, opened = os.scandir, files.CountingFile.__init__

    def refuse(path: Path) -> Any:
        if Path(path).name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    def refuse_file(self: io.FileIO, path: Path, on_read: files.OnRead) -> None:
        if Path(path).name != "b.txt":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        opened(self, path, on_read)

    monkeypatch.setattr("os.scandir", refuse)
    monkeypatch.setattr(files.CountingFile, "__init__", refuse_file)
    articles, faults = readable(tmp_path)
    assert [article.id for article in articles] == ["b"]
    assert sorted(faults) == [f"{tmp_path}/{name}: cannot be read (Permission denied)" for name in ("a.txt", "locked")]


@pytest.mark.parametrize("name", ["a.txt.gz", "a.jsonl.gz", "a.jsonl.zst", "a.parquet"])
def test_damaged_files_are_named(tmp_path: Path, name: str) -> None:
    content = json.dumps({"text": TEXT * 500}).encode()
    path = tmp_path / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(content)[:-20])
        garbled = bytearray(gzip.compress(content))
        garbled[20:60] = b"x" * 40
    else:
        pyarrow = pytest.importorskip("pyarrow")
        whole = pyarrow.compress(content, "zstd", asbytes=True)
        path.write_bytes(whole[:-20])
        garbled = bytearray(whole[:20] + b"x" * 40)
    for damaged in (path.read_bytes(), bytes(garbled)):
        path.write_bytes(damaged)
        articles, faults = readable(path)
        assert not articles
        assert len(faults) == 1
        assert str(path) in faults[0]
