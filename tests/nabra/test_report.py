from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest

from nabra.article import TONES, Article, Mention, Sentence, Speaker
from nabra.cli import main
from nabra.errors import NabraError
from nabra.labelled import read_predictions
from nabra.reports import write_report
from nabra.reports.shell import SECTIONS, Kind, read_words
from nabra.writers import to_json_line
from tests.conftest import SEEDS

FOLDER = Path(sys.modules["nabra.reports"].__file__ or "").parent
MINISTER = "وزير الري عادل بشير"


def spoken(text: str, mention: str = MINISTER, name: str = "عادل بشير", **more: Any) -> Sentence:
    return Sentence(text, "optimistic", Speaker(name, Mention(0, mention)), **more)


def page_of(articles: list[Article], tmp_path: Path, **options: Any) -> str:
    path = tmp_path / "report.html"
    write_report(articles, path, **options)
    return path.read_text(encoding="utf-8")


def data_of(page: str) -> dict[str, Any]:
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(data)


def packed(sentence: Sentence, tmp_path: Path, **metadata: Any) -> dict[str, Any]:
    """The one article of a report's data."""
    return data_of(page_of([Article("x", (sentence,), metadata)], tmp_path))["articles"][0]


def test_the_page_holds_what_the_predictions_say(tmp_path: Path) -> None:
    scores = {"optimistic": 0.93456, "cautious": 0.04, "obstacle": 0.02544}
    speaker = Speaker("عادل بشير", Mention(0, MINISTER, 104, 123), 0.98765)
    sentence = Sentence(f"قال {MINISTER} نعم.", "optimistic", speaker, 100, 130, scores, truncated=True, undecided=True)
    data = data_of(page_of([Article("a-1", (sentence,), {"title": "عنوان", "date": "2021-03-14"})], tmp_path))
    assert data["tones"] == list(TONES)
    assert data["speakers"] == ["عادل بشير"]
    assert data["articles"] == [
        {
            "id": "a-1",
            "title": "عنوان",
            "date": "2021-03-14",
            "day": "2021-03-14",
            "sentences": [
                {
                    "text": sentence.text,
                    "tone": 0,
                    "scores": [0.935, 0.04, 0.025],
                    "speaker": 0,
                    "mention": [0, 4, 23],
                    "certainty": 0.988,
                    "truncated": 1,
                    "undecided": 1,
                }
            ],
        }
    ]


def test_labelled_articles_need_no_scores_and_no_metadata(tmp_path: Path) -> None:
    article = packed(Sentence("وصل الوفد.", "cautious"), tmp_path)
    assert article == {"id": "x", "sentences": [{"text": "وصل الوفد.", "tone": 1}]}


def test_a_mention_is_found_by_its_offsets_where_its_words_stand_twice(tmp_path: Path) -> None:
    text = "الوزير؟ قال الوزير نعم."
    speaker = Speaker("الوزير", Mention(0, "الوزير", 62, 68))
    assert packed(Sentence(text, "cautious", speaker, 50, 73), tmp_path)["sentences"][0]["mention"] == [0, 12, 18]


@pytest.mark.parametrize(("text", "place"), [("😀 قال بشير نعم.", [0, 7, 11]), ("نعم.", [0])])
def test_a_mentions_place_counts_as_javascript_does(text: str, place: list[int], tmp_path: Path) -> None:
    assert packed(spoken(text, "بشير"), tmp_path)["sentences"][0]["mention"] == place


def test_spellings_of_a_speaker_are_one(tmp_path: Path) -> None:
    sentences = tuple(spoken("نعم.", name=name) for name in ("إسرائيل", "اسرائيل", "إسرائيل", "أحمد"))
    data = data_of(page_of([Article("x", sentences)], tmp_path))
    assert data["speakers"] == ["إسرائيل", "أحمد"]
    assert [sentence["speaker"] for sentence in data["articles"][0]["sentences"]] == [0, 0, 0, 1]


def test_tones_keep_their_order_whichever_comes_first(tmp_path: Path) -> None:
    assert data_of(page_of([Article("x", (Sentence("لا.", "obstacle"),))], tmp_path))["tones"] == list(TONES)
    custom = Sentence("لا.", "grim", scores={"hopeful": 0.1, "neutral": 0.2, "grim": 0.7})
    data = data_of(page_of([Article("x", (custom,))], tmp_path))
    assert data["tones"] == ["hopeful", "neutral", "grim"]
    assert data["articles"][0]["sentences"][0]["scores"] == [0.1, 0.2, 0.7]


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("2021-11-17", "2021-11-17"),
        ("2021/11/17", "2021-11-17"),
        ("2021-11-17T09:30:00Z", "2021-11-17"),
        ("2021-02-30", None),
        ("0021-02-03", None),
        ("أمس", None),
        (2021, None),
    ],
)
def test_a_date_that_cannot_be_read_is_shown_as_it_stands(date: Any, day: str | None, tmp_path: Path) -> None:
    article = packed(Sentence("نعم.", "cautious"), tmp_path, date=date)
    assert article.get("day") == day
    assert article["date"] == str(date)


def elements(page: str) -> list[tuple[str, list[str]]]:
    """The elements of a page, with the names of their attributes."""
    found: list[tuple[str, list[str]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, [name for name, _ in attributes]))  # type: ignore[method-assign]
    parser.feed(page)
    return found


HOSTILE = [
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 1</script>",
    "<!--<script>",
    '<img src=x onerror="window.hacked = 1">',
    '"><b onmouseover=alert(1)>',
    "&lt;b&gt; &amp; ${data} $title",
    "\u202e\u2066نص\u2069\u2029\u2028\x00",
    "__proto__",
    "\ud800 half",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_cannot_leave_its_place(text: str, tmp_path: Path) -> None:
    speaker = Speaker(text, Mention(0, text))
    article = Article(text, (Sentence(text, text, speaker),), dict.fromkeys(("title", "source", "topic", "date"), text))
    page = page_of([article], tmp_path, title=text)
    data = data_of(page)
    assert data["articles"][0] == {
        **dict.fromkeys(("id", "title", "source", "topic", "date"), text),
        "sentences": [{"text": text, "tone": 0, "speaker": 0, "mention": [0, 0, len(text)]}],
    }
    assert data["tones"] == data["speakers"] == [text]
    assert elements(page) == elements(page_of([Article("x", (spoken("نعم."),))], tmp_path))


def test_the_policy_allows_only_the_pages_own_style_and_script(tmp_path: Path) -> None:
    page = page_of([Article("x", (spoken("نعم."),))], tmp_path)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script, style)]
    assert policy.startswith("default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}';".format(*hashes))
    assert "://" not in page.replace("http-equiv", "")


@pytest.mark.parametrize("name", ["shared", *get_args(Kind)])
def test_the_script_never_makes_markup_of_text(name: str) -> None:
    script = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|\.srcdoc", script)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_both_languages_have_the_same_words_and_every_word_is_used(kind: Kind) -> None:
    words = read_words(kind)
    assert list(words["en"]) == list(words["ar"])
    source, script = (
        "".join((FOLDER / f"{name}.{ending}").read_text(encoding="utf-8") for name in ("shared", kind))
        for ending in ("html", "js")
    )
    named = {"tone_names", kind, *SECTIONS[kind]} | set(re.findall(r"\bwords\.(\w+)", script))
    assert set(words["en"]) == named | (set(re.findall(r"\$(\w+)", source)) & set(words["en"]))
    for word, english in words["en"].items():
        assert shape(word, english) == shape(word, words["ar"][word])


def shape(word: str, text: str | dict[str, str]) -> list[str]:
    """What must be the same in every language: the places of a word, the keys of several."""
    if isinstance(text, dict):
        return [] if word == "tone_names" else list(text)
    return sorted(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize(
    ("lang", "start", "tones"),
    [
        ("en", '<html lang="en" dir="ltr">', ["optimistic", "cautious", "obstacle"]),
        ("ar", '<html lang="ar" dir="rtl">', ["تفاؤل", "حذر", "عقبة"]),
    ],
)
def test_the_interface_speaks_two_languages(lang: str, start: str, tones: list[str], tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "deep" / "report.html"
    source.write_text(to_json_line(Article("x", (spoken(f"قال {MINISTER} نعم."),))), encoding="utf-8")
    assert main(["report", str(source), "--output", str(output), "--lang", lang]) == 0
    page = output.read_text(encoding="utf-8")
    assert start in page
    assert "<title>in.jsonl</title>" in page
    assert data_of(page)["tones"] == tones


def test_the_command_says_what_the_page_shows(
    labelled_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", str(labelled_file), "--title", "محادثات"]) == 0
    assert capsys.readouterr() == ("", "3 articles, 12 sentences: report.html\n")
    assert "<h1><bdi>محادثات</bdi></h1>" in Path("report.html").read_text(encoding="utf-8")


def test_a_report_takes_several_files_and_folders_of_shards(labelled_file: Path, tmp_path: Path) -> None:
    lines = labelled_file.read_text(encoding="utf-8").splitlines(keepends=True)
    shards = tmp_path / "shards"
    shards.mkdir()
    (shards / "part-b.jsonl").write_text(lines[1], encoding="utf-8")
    (shards / "part-a.jsonl").write_text(lines[0], encoding="utf-8")
    for name in ("errors-a.jsonl", "out.errors.jsonl"):  # what could not be read is no prediction
        (shards / name).write_text('{"source": "news.txt", "error": "holds no text"}\n', encoding="utf-8")
    report = tmp_path / "report.html"
    assert main(["report", str(shards), str(labelled_file), "--output", str(report)]) == 0
    page = report.read_text(encoding="utf-8")
    ids = [json.loads(line)["id"] for line in lines]
    assert [article["id"] for article in data_of(page)["articles"]] == [*ids[:2], *ids]
    assert "<title>Nabra report</title>" in page
    assert main(["report", str(shards), "--output", str(report), "--overwrite"]) == 0
    assert "<title>shards</title>" in report.read_text(encoding="utf-8")


GOOD = {"text": "قال بشير: نعم.", "tone": "cautious", "speaker": None}


def voiced(**mention: Any) -> dict[str, Any]:
    return GOOD | {"speaker": {"name": "بشير", "mention": {"sentence": 0, "text": "بشير"} | mention}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "in.jsonl: holds no article"),
        ("{broken", "in.jsonl:1: broken JSON"),
        ("[]", "in.jsonl:1: expected a JSON object"),
        ({"sentences": [GOOD]}, "id: must be a non-empty string"),
        ({"id": "x"}, "in.jsonl:2: article 'x': sentences: must be a non-empty list; run 'nabra predict'"),
        ({"id": "x", "sentences": []}, "in.jsonl:2: article 'x': sentences: must be a non-empty list"),
        (["نعم."], "sentences[0]: must be an object"),
        ([{"tone": "cautious"}], "sentences[0].text: must be a non-empty string"),
        ([GOOD, {"text": "نعم."}], "sentences[1].tone: must be a non-empty string; run 'nabra predict'"),
        ([GOOD | {"scores": {"cautious": float("nan")}}], "NaN is no number in JSON"),
        ([GOOD | {"scores": [1]}], "sentences[0].scores: must be"),
        ([GOOD | {"start": "0"}], "sentences[0].start: must be a character offset"),
        ([GOOD | {"speaker": "بشير"}], "sentences[0].speaker: must be null or an object"),
        ([GOOD | {"speaker": {"name": "بشير"}}], "sentences[0].speaker: must be null or an object"),
        ([voiced(sentence=1)], "sentences[0].speaker.mention.sentence: 1 is no index"),
        ([voiced(sentence=True)], "mention.sentence: True is no index"),
        ([voiced(text="")], "mention.text: '' does not occur"),
        ([voiced(start=0.5)], "mention.start: must be a character offset"),
        (
            [voiced(role="وزير")],
            "sentences[0].speaker.mention.role: unknown field; the fields are sentence, text, start, end",
        ),
        ([GOOD | {"mood": "grim"}], "sentences[0].mood: unknown field; the fields are text, tone, "),
        ([GOOD | {"end": [1]}], "sentences[0].end: must be a character offset"),
        ([GOOD | {"truncated": {}}], "sentences[0].truncated: must be true or false"),
    ],
)
def test_wrong_input_names_file_line_and_field(
    content: Any, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if isinstance(content, list):
        content = {"id": "x", "sentences": content}
    if isinstance(content, dict):
        content = f"{json.dumps({'id': 'good', 'sentences': [GOOD]})}\n{json.dumps(content)}\n"
    source = tmp_path / "in.jsonl"
    source.write_text(content, encoding="utf-8")
    assert main(["report", str(source), "--output", str(tmp_path / "report.html")]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.startswith("nabra: error: ")
    assert errors.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.jsonl"], "gone.jsonl: cannot be read"),
        (["in.jsonl", "gone.jsonl"], "gone.jsonl: cannot be read"),
        (["empty"], "empty: holds no article; expected JSON Lines"),
        (["in.jsonl", "--lang", "fr"], "lang"),
        (["in.jsonl", "--output", "in.jsonl/report.html"], "report.html: cannot be written"),
        ([], "predictions"),
    ],
)
def test_wrong_arguments_are_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("in.jsonl").write_text(json.dumps({"id": "x", "sentences": [GOOD]}), encoding="utf-8")
    assert main(["report", *arguments]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1


def test_articles_are_read_one_after_the_other(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"id": "x", "sentences": [GOOD]}) + "\n{broken", encoding="utf-8")
    articles = read_predictions(source)
    assert next(articles).id == "x"
    with pytest.raises(NabraError, match=r"in\.jsonl:2: broken JSON"):
        next(articles)


def test_a_thousand_articles_make_a_page_of_ordinary_size(tmp_path: Path) -> None:
    articles = itertools.islice(read_predictions(SEEDS / "train.jsonl"), 1000)
    done = write_report(articles, tmp_path / "report.html")
    assert done.articles == 1000
    assert done.sentences > 10_000
    assert (tmp_path / "report.html").stat().st_size < 15e6


def test_a_report_needs_no_model_and_no_heavy_library(labelled_file: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from nabra.cli import main; main(sys.argv[1:]);"
        "print(sorted({'torch', 'transformers', 'onnxruntime', 'numpy'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, "report", str(labelled_file), "--output", str(tmp_path / "report.html")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert done.stdout.strip() == "[]"
