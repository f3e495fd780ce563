"""The rules for speakers measured on labelled attributions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nabra.article import Article, Mention, Sentence, Speaker
from nabra.errors import NabraError
from nabra.writers import to_json_line

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import speaker_names


def article(*names: str | None) -> Article:
    """One that names «سامي الحداد», then «الحداد», then nobody; labelled with the names."""
    texts = ["قال الوزير سامي الح\u200dداد إن الجسر آمن.", "وأكد الحداد ذلك.", "وصل الوفد أمس."]
    mentions = ["الوزير سامي الح\u200dداد", "الحداد"]
    speakers = [Speaker(name, Mention(n, mentions[n])) if name else None for n, name in enumerate(names)]
    return Article("a", [Sentence(text, "cautious", speaker) for text, speaker in zip(texts, speakers, strict=True)])


def run(articles: list[Article], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "labelled.jsonl"
    path.write_text("".join(to_json_line(one) for one in articles), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["speaker_names.py", str(path), "--list"])
    speaker_names.main()


def test_names_that_differ_are_counted_and_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run([article("سامي الحداد", "شخص آخر", None)], tmp_path, monkeypatch)
    first, *rest = capsys.readouterr().out.splitlines()
    assert "0.500 (0.500-0.500) of 2 sentences" in first
    assert rest == ["a\t1\tالحداد\tشخص آخر\tسامي الحداد"]


def test_articles_without_speakers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NabraError, match="no sentence has a speaker"):
        run([article(None, None, None)], tmp_path, monkeypatch)
