from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from nabra.article import TONES, Article, Sentence
from nabra.cli import main
from nabra.errors import NabraError
from nabra.writers import to_json_line
from nabra_train.selection import KEY, format_selection, select, uncertainty

DAM = "المحادثات بشأن السد في الخرطوم بلغت مرحلة جديدة"
MARKET = "أسعار النفط والأسهم في بورصة الخليج ارتفعت"
MATCH = "الفريق فاز في مباراة الدوري على ملعبه"


def predicted(id: str, text: str, sure: float, sentences: int = 1) -> Article:
    """An article whose likeliest tones have the probability `sure`."""
    rest = (1 - sure) / 2
    scores = dict(zip(TONES, (sure, rest, rest), strict=True))
    return Article(id, tuple(Sentence(text, TONES[0], scores=scores) for _ in range(sentences)))


def ids(articles: list[Article]) -> list[str]:
    return [article.id for article in articles]


def test_uncertainty_is_entropy_between_0_and_1() -> None:
    assert uncertainty(predicted("x", DAM, 1)) == 0
    assert math.isclose(uncertainty(predicted("x", DAM, 1 / 3)), 1)
    assert uncertainty(predicted("x", DAM, 0.5)) > uncertainty(predicted("x", DAM, 0.8))


def test_doubtful_articles_come_first_and_no_two_alike() -> None:
    pool = [
        predicted("sure", MATCH, 0.99),
        predicted("dam", DAM, 0.36),
        predicted("dam again", DAM + " أمس", 0.37),
        predicted("market", MARKET, 0.5),
    ]
    chosen = select(pool, 3)
    assert ids(chosen) == ["dam", "market", "dam again"]
    assert chosen[0].metadata[KEY]["similarity"] == 0
    assert chosen[2].metadata[KEY]["similarity"] > 0.8
    assert [a.metadata[KEY]["worth"] for a in chosen] == sorted(
        (a.metadata[KEY]["worth"] for a in chosen), reverse=True
    )
    assert chosen[0].sentences == pool[1].sentences
    assert "dam again" in format_selection(chosen).splitlines()[3]


def test_it_is_deterministic_and_ties_go_to_the_first() -> None:
    pool = [predicted(str(n), f"{DAM} {chr(0x628 + n) * 3}", 0.5) for n in range(8)]
    assert select(pool, 4) == select(list(pool), 4)
    assert select(pool, 4)[0].id == "0"


def test_labelled_articles_their_like_and_doubles_are_passed_over() -> None:
    labelled = [Article("other id", (Sentence(DAM, TONES[0]),))]
    double = predicted("double", MARKET.replace(" ", "  "), 0.4)
    pool = [predicted("dam", DAM, 0.34), predicted("near", DAM + " أمس", 0.34), predicted("m", MARKET, 0.4), double]
    assert ids(select(pool, 9, labelled)) == ["m", "near"]


def test_each_article_is_chosen_once_even_where_all_are_alike() -> None:
    pool = [predicted("there", "قال نعم", 0.4), predicted("back", "نعم قال", 0.4)]
    chosen = select(pool, 9)
    assert ids(chosen) == ["there", "back"]
    assert chosen[1].metadata[KEY] == {"worth": 0, "uncertainty": chosen[0].metadata[KEY]["worth"], "similarity": 1}


def test_short_articles_are_passed_over() -> None:
    pool = [predicted("short", DAM, 0.4, 1), predicted("long", MARKET, 0.9, 4)]
    assert ids(select(pool, 2, min_sentences=4)) == ["long"]
    with pytest.raises(NabraError, match="no article to choose from"):
        select(pool, 2, min_sentences=5)


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    path = tmp_path / "predictions.jsonl"
    pool = [predicted("dam", DAM, 0.4, 4), predicted("market", MARKET, 0.5, 4), predicted("match", MATCH, 0.9, 4)]
    path.write_text("".join(map(to_json_line, pool)), encoding="utf-8")
    return path


def test_the_command_chooses_from_predictions(
    predictions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, rest = tmp_path / "chosen.jsonl", tmp_path / "rest.jsonl"
    command = ["select", "--predictions", str(predictions), "--count", "2"]
    assert main([*command, "--output", str(output)]) == 0
    chosen = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [record["id"] for record in chosen] == ["dam", "market"]
    assert set(chosen[0][KEY]) == {"worth", "uncertainty", "similarity"}
    assert "uncertainty" in capsys.readouterr().out
    assert main([*command, "--labelled", str(output), "--output", str(rest)]) == 0
    assert [json.loads(line)["id"] for line in rest.read_text(encoding="utf-8").splitlines()] == ["match"]


def test_the_command_runs_the_model_and_leaves_out_what_cannot_be_read(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.jsonl"
    texts = [f"{DAM}. " * 4, "English.", f"{MARKET}. " * 4]
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    output = tmp_path / "chosen.jsonl"
    assert main(["select", str(source), "--model", str(tiny_model), "--output", str(output)]) == 0
    assert len(output.read_text(encoding="utf-8").splitlines()) == 2
    assert "left out: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "name articles to choose from, or what 'nabra predict' wrote with --predictions"),
        (["x.txt", "--predictions", "predictions.jsonl"], "name articles to choose from"),
        (["--predictions", "predictions.jsonl", "--count", "0"], "--count: must be at least 1"),
        (["--predictions", "predictions.jsonl", "--labelled", "gone.jsonl"], "gone.jsonl: cannot be read"),
        (["--predictions", "bare.jsonl"], "article 'x': has sentences without scores"),
    ],
)
def test_wrong_options_are_one_clear_line(
    options: list[str],
    message: str,
    predictions: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(predictions.parent)
    bare = Article("x", (Sentence(DAM, TONES[0]),))
    Path("bare.jsonl").write_text(to_json_line(bare), encoding="utf-8")
    assert main(["select", *options]) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1
