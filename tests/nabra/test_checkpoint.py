from __future__ import annotations

from pathlib import Path

import pytest

from nabra.checkpoint import FILES, find_checkpoint
from nabra.errors import NabraError


def test_hub_id_is_fetched_without_code_or_pickles(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    asked = {}

    def download(repo: str, **options: object) -> str:
        asked.update(options, repo=repo)
        return str(tiny_model)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert find_checkpoint("someone/nabra", "v1") == tiny_model
    assert asked == {"repo": "someone/nabra", "revision": "v1", "allow_patterns": FILES}
    assert not any("py" in pattern or "bin" in pattern for pattern in FILES)


@pytest.mark.parametrize("name", ["output/gone", "./x", "a/b/c", "gone", "~/x"])
def test_local_names_are_never_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: pytest.fail("asked the Hub"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "output").mkdir()
    with pytest.raises(NabraError, match="no such directory"):
        find_checkpoint(name)


def test_failure_to_fetch_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def download(*_: object, **__: object) -> str:
        raise OSError("cannot connect\nlong story")

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(NabraError, match=r"someone/nabra: no such directory, and not to be had.*cannot connect\)$"):
        find_checkpoint("someone/nabra")
