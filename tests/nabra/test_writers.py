from __future__ import annotations

import errno
from pathlib import Path

import pytest

from nabra.errors import NabraError
from nabra.writers import atomic_writer, only_run


def test_file_appears_only_when_complete(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "out.jsonl"
    with atomic_writer(path) as file:
        file.write("سطر\n")
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == "سطر\n"
    assert list(path.parent.iterdir()) == [path]


def test_failure_keeps_the_old_file_and_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError), atomic_writer(path) as file:  # noqa: PT012
        file.write("new")
        raise RuntimeError
    assert path.read_text(encoding="utf-8") == "old"
    assert (tmp_path / "out.jsonl.partial").read_text(encoding="utf-8") == "new"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(NabraError, match="cannot be written"), atomic_writer(tmp_path / "file" / "out"):
        pass


@pytest.mark.parametrize("code", [errno.EBADF, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_folders_have_no_locks_a_run_goes_on(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_: object) -> None:
        raise OSError(code, "no locks")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with only_run(tmp_path / "out"):
        assert (tmp_path / "out").is_dir()
    assert not (tmp_path / "out").exists()
