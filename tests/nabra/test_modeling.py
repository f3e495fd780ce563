from __future__ import annotations

from pathlib import Path
from unittest.mock import MagicMock

import pytest
import torch
from transformers import AutoConfig, AutoModel, BertConfig

from nabra.modeling import IGNORED, PIECE_COST, NabraConfig, NabraModel, cut_by_length

ENCODER = BertConfig(
    vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, pad_token_id=1
)
IDS = torch.tensor([[0, 7, 8, 2], [0, 9, 2, 1]])
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])


@pytest.fixture
def model() -> NabraModel:
    torch.manual_seed(0)
    return NabraModel(NabraConfig(encoder=ENCODER, tones=["a", "b", "c", "d"], head_size=8)).eval()


def labels(**changes: torch.Tensor) -> dict[str, torch.Tensor]:
    return {
        "tone_labels": torch.tensor([0, 3]),
        "source_labels": torch.tensor([1, 0]),
        "span_labels": torch.tensor([[1, 2], [IGNORED, IGNORED]]),
    } | changes


def test_shapes_follow_the_labels(model: NabraModel) -> None:
    output = model(IDS, MASK)
    assert output.tone_logits.shape == (2, 4)
    assert output.source_logits.shape == (2, 3)
    assert output.span_logits.shape == (2, 4, 2)
    assert output.loss is None


def test_padding_changes_nothing(model: NabraModel) -> None:
    alone = model(IDS[1:, :3], MASK[1:, :3])
    padded = model(IDS, MASK)
    assert torch.allclose(alone.tone_logits[0], padded.tone_logits[1], atol=1e-5)
    assert torch.allclose(alone.span_logits[0], padded.span_logits[1, :3], atol=1e-5)
    assert (padded.span_logits[1, 3] < -1e30).all()


def test_pieces_of_a_batch_give_what_the_whole_gives() -> None:
    torch.manual_seed(0)
    steady = BertConfig(**ENCODER.to_dict() | {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0})
    model = NabraModel(NabraConfig(encoder=steady, head_size=8, head_dropout=0.0)).train()
    lengths = torch.tensor([9, 300, 8, 120, 110, 9])
    mask = (torch.arange(300)[None] < lengths[:, None]).long()
    ids = torch.randint(2, 50, mask.shape) * mask
    whole, pieces = model._read(ids, mask), model._read_in_pieces(ids, mask)
    assert len(cut_by_length(sorted(lengths.tolist(), reverse=True))) == 3
    assert torch.allclose(whole[0], pieces[0], atol=1e-5)
    assert torch.allclose(whole[1], pieces[1], atol=1e-5)


@pytest.mark.parametrize(
    ("lengths", "sizes"),
    [([5], [1]), ([9, 9, 9], [3]), ([500, 10, 10], [1, 2]), ([10 + PIECE_COST + 1, 10], [1, 1]), ([20, 10], [2])],
)
def test_a_batch_is_cut_where_that_is_cheaper(lengths: list[int], sizes: list[int]) -> None:
    assert cut_by_length(lengths) == sizes


def test_loss_falls_when_training(model: NabraModel) -> None:
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(30):
        loss = model(IDS, MASK, **labels()).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


def test_ignored_labels_cost_nothing_and_are_no_nan(model: NabraModel) -> None:
    nothing = torch.full((2,), IGNORED)
    output = model(
        IDS, MASK, **labels(tone_labels=nothing, source_labels=nothing, span_labels=torch.full((2, 2), IGNORED))
    )
    assert output.loss.item() == 0


def test_label_smoothing_raises_the_floor_of_the_tone_loss() -> None:
    model = NabraModel(NabraConfig(encoder=ENCODER, head_size=8)).eval()
    sharp = model(IDS, MASK, **labels(tone_labels=torch.tensor([0, 1]))).loss
    model.config.label_smoothing = 0.5
    assert model(IDS, MASK, **labels(tone_labels=torch.tensor([0, 1]))).loss != sharp


def test_a_batch_of_one_trains(model: NabraModel) -> None:
    model.train()
    batch = {name: values[:1] for name, values in labels().items()}
    assert torch.isfinite(model(IDS[:1], MASK[:1], **batch).loss)


def test_saved_model_is_the_same_again(model: NabraModel, tmp_path: Path) -> None:
    model.save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors"}
    loaded = NabraModel.from_pretrained(tmp_path)
    assert loaded.config.tones == ["a", "b", "c", "d"]
    assert torch.equal(loaded(IDS, MASK).tone_logits, model(IDS, MASK).tone_logits)


def test_auto_classes_know_the_model(model: NabraModel, tmp_path: Path) -> None:
    model.save_pretrained(tmp_path)
    assert isinstance(AutoConfig.from_pretrained(tmp_path), NabraConfig)
    assert isinstance(AutoModel.from_pretrained(tmp_path), NabraModel)


def test_encoder_keeps_its_weights_under_fresh_heads(tiny_encoder: Path) -> None:
    model = NabraModel.from_encoder(str(tiny_encoder), head_size=8)
    encoder = AutoModel.from_pretrained(tiny_encoder, add_pooling_layer=False)
    name = "embeddings.word_embeddings.weight"
    assert torch.equal(model.encoder.state_dict()[name], encoder.state_dict()[name])
    assert model.config.encoder.hidden_size == 32
    assert str(tiny_encoder) not in model.config.to_json_string()


def test_push_to_hub_uploads_safetensors_only(model: NabraModel, monkeypatch: pytest.MonkeyPatch) -> None:
    uploaded: list[str] = []

    def upload(self: NabraModel, folder: str, *_: object, **__: object) -> None:
        uploaded.extend(path.name for path in Path(folder).iterdir())

    monkeypatch.setattr("transformers.utils.hub.hf_api", MagicMock())
    monkeypatch.setattr("transformers.utils.hub.create_and_tag_model_card", MagicMock())
    monkeypatch.setattr(NabraModel, "_upload_modified_files", upload)
    model.push_to_hub("me/x")
    assert "model.safetensors" in uploaded
    assert not [name for name in uploaded if not name.endswith((".safetensors", ".json", ".md"))]


def test_config_without_encoder_is_refused() -> None:
    with pytest.raises(ValueError, match=r"NabraConfig\.encoder is missing"):
        NabraModel(NabraConfig())
