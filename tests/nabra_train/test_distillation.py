from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nabra.analyzer import Analyzer
from nabra.article import TONES, Article
from nabra.config import Config, replace
from nabra.errors import NabraError
from nabra.tokenization import SentenceTokenizer, SentenceTokens
from nabra_train import checkpoints
from nabra_train.distillation import Teacher, build_soft_dataset, distill, move_span
from nabra_train.training import train

COLUMNS = {"input_ids", "tone_labels", "source_labels", "span_labels"}


@pytest.fixture
def raw(labelled: list[Article], tmp_path: Path) -> Path:
    path = tmp_path / "raw.txt"
    path.write_text("\n".join(sentence.text for sentence in labelled[0].sentences * 5), encoding="utf-8")
    return path


@pytest.fixture
def config(tiny_config: Config, raw: Path, tmp_path: Path) -> Config:
    config = replace(tiny_config, "data", text=str(raw))
    config = replace(config, "optimizer", learning_rate=2e-3)
    return replace(config, "training", output=str(tmp_path / "student"), epochs=12, label_smoothing=0.0)


def probabilities(model: Path, sentences: list[str], tokenizer: SentenceTokenizer) -> np.ndarray:
    labels = Teacher(str(model), TONES).label(sentences, tokenizer.encode(sentences))
    return np.array([label["tone_labels"] for label in labels])


def test_a_student_learns_what_its_teachers_say(
    config: Config, tiny_config: Config, labelled: list[Article], tokenizer: SentenceTokenizer
) -> None:
    teacher = train(replace(replace(tiny_config, "optimizer", learning_rate=2e-3), "training", epochs=12))
    student = distill(config, [str(teacher)])
    sentences = [sentence.text for sentence in labelled[0].sentences]
    fresh = Path(config.training.output).parent / "fresh"
    model, encoder_tokenizer = checkpoints.load(replace(config, "training", output=str(fresh)))
    checkpoints.save(model, encoder_tokenizer, replace(config, "training", output=str(fresh)), [])
    wanted, learned, before = (probabilities(path, sentences, tokenizer) for path in (teacher, student, fresh))
    assert np.abs(wanted - learned).mean() < np.abs(wanted - before).mean() / 2
    assert Analyzer.from_pretrained(str(student), runtime="torch").analyze(labelled[0]).sentences[0].tone in TONES


def test_labels_are_the_mean_of_the_teachers(tiny_model: Path, arabert: Path, raw: Path, config: Config) -> None:
    other = replace(replace(config, "model", encoder=str(arabert)), "training", output=str(raw.parent / "other"))
    model, encoder_tokenizer = checkpoints.load(other)
    checkpoints.save(model, encoder_tokenizer, other, [])
    teachers = [Teacher(str(path), TONES) for path in (tiny_model, other.training.output)]
    _, own_tokenizer = checkpoints.load(config)
    tokenizer = checkpoints.sentence_tokenizer(own_tokenizer, config.model.max_tokens, "none")
    one, two, both = (build_soft_dataset(str(raw), tokenizer, some) for some in (teachers[:1], teachers[1:], teachers))
    assert set(both.column_names) == COLUMNS
    for first, second, mean in zip(one, two, both, strict=True):
        assert mean["tone_labels"] == pytest.approx(np.mean([first["tone_labels"], second["tone_labels"]], axis=0))
        assert sum(mean["source_labels"]) == pytest.approx(1, abs=1e-5)
        assert np.shape(mean["span_labels"]) == (len(mean["input_ids"]), 2)


def tokens(*offsets: tuple[int, int]) -> SentenceTokens:
    """Tokens between separators; equal offsets have equal ids."""
    offsets = ((0, 0), *offsets, (0, 0))
    special = [True, *[False] * (len(offsets) - 2), True]
    return SentenceTokens([hash(place) for place in offsets], list(offsets), special, False)


def test_span_moves_by_characters() -> None:
    words, pieces = tokens((0, 4), (5, 9)), tokens((0, 2), (2, 4), (5, 7), (7, 9))
    span = np.array([[0, 0], [0.75, 0.25], [0.25, 0.75], [0, 0]], dtype=np.float32)
    moved = move_span(span, words, pieces)
    assert moved.tolist() == [[0, 0], [0.75, 0], [0, 0.25], [0.25, 0], [0, 0.75], [0, 0]]
    assert move_span(moved, pieces, words).tolist() == span.tolist()
    assert move_span(span, words, words) is span
    cut_off = tokens((0, 2), (2, 4))
    assert move_span(span, words, cut_off).tolist() == [[0, 0], [0.75, 0], [0, 0.25], [0, 0]]


def test_faults(config: Config, tiny_model: Path) -> None:
    with pytest.raises(NabraError, match="--teachers: name one trained model"):
        distill(config, [])
    with pytest.raises(NabraError, match=r"data\.text: is empty"):
        distill(replace(config, "data", text=""), [str(tiny_model)])
    other_tones = replace(config, "model", tones=["up", "down"])
    with pytest.raises(NabraError, match="its tones are optimistic, cautious, obstacle, not up, down"):
        Teacher(str(tiny_model), other_tones.model.tones)
