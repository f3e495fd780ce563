"""Small models and articles that many tests share."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings
from tokenizers import BertWordPieceTokenizer, Tokenizer
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM, BertModel, BertTokenizer

from nabra.arabert import LINK, MAIL, USER
from nabra.article import TONES, Article, Mention, Sentence, Speaker
from nabra.config import Config, DataConfig, ModelConfig, TrainingConfig, encoder_location
from nabra.tokenization import SentenceTokenizer
from nabra.writers import to_json_line

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"
SHARED = ROOT.parent / "shared"

# What CI runs is the same every time; `--hypothesis-profile long` looks for what nobody has found yet.
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("ci", max_examples=40, derandomize=True, deadline=None, suppress_health_check=_SLOW)
settings.register_profile("long", max_examples=5000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile("ci")

# The models are tiny: threads would cost more than they save.
torch.set_num_threads(1)
os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Bits depend on the number of threads, and libraries change it."""
    torch.set_num_threads(1)


needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the real articles are not in the repository")


@pytest.fixture(scope="session")
def tokenizer() -> SentenceTokenizer:
    """The compact encoder's tokenizer, cut at 32 tokens."""
    path = Path(encoder_location("compact")) / "tokenizer.json"
    return SentenceTokenizer(Tokenizer.from_file(str(path)), pad_id=1, max_tokens=32)


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of two narrow layers over the compact vocabulary."""
    directory = tmp_path_factory.mktemp("encoder")
    tokenizer = AutoTokenizer.from_pretrained(encoder_location("compact"))
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        pad_token_id=1,
    )
    torch.manual_seed(0)
    BertModel(config, add_pooling_layer=False).save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory


@pytest.fixture(scope="session")
def arabert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random BERT laid out as AraBERT v0.2 is published: WordPiece with its placeholders, and an MLM head."""
    directory = tmp_path_factory.mktemp("hub") / "bert-base-arabertv02"
    tokenizer = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    tokenizer.train_from_iterator(
        seed_sentences(),
        vocab_size=3000,
        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", LINK, MAIL, USER],
        show_progress=False,
    )
    directory.mkdir()
    tokenizer.save_model(str(directory))
    BertTokenizer(str(directory / "vocab.txt"), do_lower_case=False).save_pretrained(directory)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    torch.manual_seed(0)
    BertForMaskedLM(config).save_pretrained(directory)
    return directory


def seed_sentences() -> list[str]:
    """All sentences of the corpus."""
    lines = [line for path in sorted(SEEDS.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [sentence["text"] for line in lines for sentence in json.loads(line)["sentences"]]


def speaker(name: str, index: int, mention: str) -> Speaker:
    return Speaker(name, Mention(index, mention))


@pytest.fixture
def labelled() -> list[Article]:
    """Three short articles with all tones and sources."""
    minister = "وزير الري السوداني عادل بشير"
    return [
        Article(
            f"t-{number}",
            (
                Sentence("وصل الوفدان إلى الخرطوم صباح الأحد.", TONES[1]),
                Sentence(
                    f"وقال {minister} إن المحادثات أحرزت تقدما كبيرا.", TONES[0], speaker("عادل بشير", 1, minister)
                ),
                Sentence("وأضاف أن التوقيع بات قريبا.", TONES[0], speaker("عادل بشير", 1, minister)),
                Sentence("لكن إثيوبيا رفضت المقترح.", TONES[2], speaker("إثيوبيا", 3, "إثيوبيا")),
            ),
        )
        for number in range(3)
    ]


@pytest.fixture
def labelled_file(labelled: list[Article], tmp_path: Path) -> Path:
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(map(to_json_line, labelled)), encoding="utf-8")
    return path


@pytest.fixture
def tiny_config(tiny_encoder: Path, labelled_file: Path, tmp_path: Path) -> Config:
    """A configuration that trains in a second."""
    data = str(labelled_file)
    return Config(
        model=ModelConfig(encoder=str(tiny_encoder), head_size=16),
        data=DataConfig(train=data, dev=data, test=data),
        training=TrainingConfig(output=str(tmp_path / "model"), epochs=2, batch_size=4),
    )


@pytest.fixture(scope="session")
def tiny_model(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Nabra model on disk, with its exported models."""
    from nabra_train import checkpoints
    from nabra_train.export import export_model

    directory = tmp_path_factory.mktemp("model")
    config = Config(
        model=ModelConfig(encoder=str(tiny_encoder), head_size=16, max_tokens=64),
        training=TrainingConfig(output=str(directory)),
    )
    model, encoder_tokenizer = checkpoints.load_encoder(config)
    checkpoints.save(model, encoder_tokenizer, config, [])
    export_model(directory, ["seeds/articles"])
    return directory
