"""The model: one encoder, three heads, one pass a sentence. Needs the `train` extra (torch, transformers)."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, distributed, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.models.auto import MODEL_MAPPING
from transformers.utils import logging
from transformers.utils.generic import ModelOutput

from nabra.arabert import Preprocessing
from nabra.article import TONES, Source
from nabra.errors import ModelError
from nabra.manifest import verify

IGNORED = -100
"""The label of what does not count in a loss, as in torch."""
SPAN_WEIGHT = 2.0
"""Of a mention's start and end in the loss: about half of the sentences have one."""


PIECE_COST = 256
"""What a separate pass through the encoder costs beside its tokens, in tokens: measured on two processor cores."""


class NabraConfig(PretrainedConfig):
    """Shape and labels of a `NabraModel`.

    Args:
        encoder: Configuration of the encoder, an object or the dictionary of one.
        tones: Names of the tones, in the order of the logits.
        max_tokens: Most tokens of a sentence that the model reads, separators included.
        head_size: Width of each head's hidden layer.
        head_dropout: Dropout before the heads.
        label_smoothing: Share of the probability spread evenly over the tones in the loss.
        preprocessing: How the encoder wants its text prepared; the tokenizer does it, but for segmentation.
    """

    model_type = "nabra"
    sub_configs: ClassVar = {"encoder": AutoConfig}

    def __init__(
        self,
        encoder: PretrainedConfig | dict[str, Any] | None = None,
        tones: Sequence[str] = TONES,
        max_tokens: int = 256,
        head_size: int = 256,
        head_dropout: float = 0.1,
        label_smoothing: float = 0.0,
        preprocessing: Preprocessing = "none",
        **kwargs: Any,
    ) -> None:
        if isinstance(encoder, dict):
            encoder = AutoConfig.for_model(**encoder)
        self.encoder = encoder
        self.tones = list(tones)
        self.max_tokens = max_tokens
        self.head_size = head_size
        self.head_dropout = head_dropout
        self.label_smoothing = label_smoothing
        self.preprocessing = preprocessing
        super().__init__(**kwargs)


@dataclass
class NabraOutput(ModelOutput):
    """What a forward pass gives, for B sentences of at most T tokens.

    Args:
        loss: Mean over the sentences of the heads' cross-entropies, those of the mention's ends counting twice; where
            labels were given.
        tone_logits: B x tones.
        source_logits: B x 3, in the order of `Source`.
        span_logits: B x T x 2: start and end of the mention; padding holds the lowest float.
    """

    loss: Tensor | None = None
    tone_logits: Tensor | None = None
    source_logits: Tensor | None = None
    span_logits: Tensor | None = None


@contextmanager
def quietly() -> Iterator[None]:
    """Load a model without the bar and the reports of `transformers`: what is missing we check ourselves."""
    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()


def _head(width: int, hidden: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, outputs))


class _SumOverProcesses(torch.autograd.Function):
    """A sum over all processes that gradients flow back through, to all of them."""

    @staticmethod
    def forward(_: Any, values: Tensor) -> Tensor:
        total = values.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:
        return _SumOverProcesses.forward(_, gradient)


class Standardise(nn.BatchNorm1d):
    """A batch norm without weights, that takes a batch of one and goes to ONNX as plain arithmetic.

    With several processes the batch is that of all of them together, on any device.

    Args:
        features: Width of the vectors.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, features: int) -> None:
        super().__init__(features, affine=False)

    def forward(self, input: Tensor) -> Tensor:
        """Standardise B x features vectors: by the batch in training, by the running statistics otherwise."""
        if self.training and distributed.is_available() and distributed.is_initialized():
            return self._forward_together(input)
        if self.training and len(input) > 1:
            return super().forward(input)
        return (input - self.running_mean) * torch.rsqrt(self.running_var + self.eps)

    def _forward_together(self, input: Tensor) -> Tensor:
        values = input.float()
        sums = torch.cat([values.sum(0), (values**2).sum(0), values.new_tensor([len(values)])])
        total, squares, count = _SumOverProcesses.apply(sums).split([self.num_features, self.num_features, 1])
        mean = total / count
        variance = (squares / count - mean**2).clamp(min=0)
        with torch.no_grad():
            assert self.momentum is not None
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1).clamp(min=1), self.momentum)
            if self.num_batches_tracked is not None:
                self.num_batches_tracked.add_(1)
        standardised: Tensor = (values - mean) * torch.rsqrt(variance + self.eps)
        return standardised.to(input.dtype)


class NabraModel(PreTrainedModel):
    """Tone, source and mention span of sentences.

    The sentence vector is the mean of its tokens beside its last separator, standardised, so that one learning
    rate of the heads suits every encoder.
    """

    config_class = NabraConfig
    base_model_prefix = "encoder"
    supports_gradient_checkpointing = True
    _supports_sdpa = True

    def __init__(self, config: NabraConfig) -> None:
        super().__init__(config)
        if config.encoder is None:
            raise ValueError("NabraConfig.encoder is missing: give the configuration of an encoder")
        self.encoder = AutoModel.from_config(config.encoder, **_without_pooler(config.encoder))
        width = config.encoder.hidden_size
        self.standardise = Standardise(2 * width)
        self.dropout = nn.Dropout(config.head_dropout)
        self.tone_head = _head(2 * width, config.head_size, len(config.tones), config.head_dropout)
        self.source_head = _head(2 * width, config.head_size, len(Source), config.head_dropout)
        self.span_head = _head(width, config.head_size, 2, config.head_dropout)
        self.post_init()

    @classmethod
    def from_encoder(
        cls, encoder: str, *, revision: str | None = None, use_safetensors: bool | None = True, **config: Any
    ) -> NabraModel:
        """A model with fresh heads on a pretrained encoder.

        Args:
            encoder: Directory or Hub id of any `transformers` encoder.
            revision: Branch, tag or commit of the Hub's repository.
            use_safetensors: `None` to read pickled weights too, where there are no safetensors.
            config: Arguments of `NabraConfig`.

        Raises:
            ValueError: If weights of the encoder are not as they should be.
        """
        encoder_config = AutoConfig.from_pretrained(encoder, revision=revision, trust_remote_code=False)
        if Path(encoder).is_dir():
            encoder_config._name_or_path = ""  # a place on this machine means nothing on the next
        model = cls(NabraConfig(encoder=encoder_config, **config))
        model.encoder, loaded = AutoModel.from_pretrained(
            encoder,
            revision=revision,
            dtype=torch.float32,
            trust_remote_code=False,
            use_safetensors=use_safetensors,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # we name them
            **_without_pooler(encoder_config),
        )
        check_loaded(model.encoder, loaded, loaded["missing_keys"])
        return model

    def replace_tones(self, tones: Sequence[str]) -> None:
        """Give the model other tones and a fresh head for them; the rest keeps its weights."""
        config = self.config
        config.tones = list(tones)
        self.tone_head = _head(2 * config.encoder.hidden_size, config.head_size, len(tones), config.head_dropout)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        tone_labels: Tensor | None = None,
        source_labels: Tensor | None = None,
        span_labels: Tensor | None = None,
        **_: Any,
    ) -> NabraOutput:
        """One pass over B sentences padded to T tokens.

        Args:
            input_ids: B x T token ids, padded on the right.
            attention_mask: B x T, 1 for a token and 0 for padding.
            tone_labels: B indices into the tones, or `IGNORED`; or B x tones probabilities.
            source_labels: B indices into `Source`, or `IGNORED`; or B x 3 probabilities.
            span_labels: B x 2 token indices of the mention's first and last token, or `IGNORED`; or B x T x 2
                probabilities, whose sum is that of there being a mention.
        """
        vectors, span_logits = self._read_in_pieces(input_ids, attention_mask)
        sentence = self.dropout(self.standardise(vectors))
        output = NabraOutput(
            tone_logits=self.tone_head(sentence), source_logits=self.source_head(sentence), span_logits=span_logits
        )
        if tone_labels is not None and source_labels is not None and span_labels is not None:
            output.loss = self._loss(output, tone_labels, source_labels, span_labels)
        return output

    def _read(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """B x 2H sentence vectors and B x T x 2 span logits."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        span_logits = self.span_head(self.dropout(hidden))
        padding = (attention_mask == 0).unsqueeze(-1)
        lowest = torch.finfo(span_logits.dtype).min
        return _sentence_vector(hidden, attention_mask), span_logits.masked_fill(padding, lowest)

    def _read_in_pieces(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """The same without computing most of the padding, in training on a processor: like lengths go together.

        The batch stays the random one that it is; only how it is computed changes.
        """
        if not (self.training and input_ids.device.type == "cpu"):
            return self._read(input_ids, attention_mask)
        lengths, order = attention_mask.sum(1).sort(descending=True)
        vectors, spans = [], []
        for rows in order.split(cut_by_length(lengths.tolist())):
            longest = int(attention_mask[rows[0]].sum())
            vector, span = self._read(input_ids[rows, :longest], attention_mask[rows, :longest])
            vectors.append(vector)
            missing = input_ids.size(1) - longest
            spans.append(nn.functional.pad(span, (0, 0, 0, missing), value=torch.finfo(span.dtype).min))
        back = order.argsort()
        return torch.cat(vectors)[back], torch.cat(spans)[back]

    def _loss(self, output: NabraOutput, tone: Tensor, source: Tensor, span: Tensor) -> Tensor:
        assert output.tone_logits is not None
        assert output.source_logits is not None
        assert output.span_logits is not None
        start, end = output.span_logits.unbind(-1)
        return (
            _cross_entropy(output.tone_logits, tone, self.config.label_smoothing)
            + _cross_entropy(output.source_logits, source)
            + SPAN_WEIGHT * (_cross_entropy(start, span[..., 0]) + _cross_entropy(end, span[..., 1]))
        )


def cut_by_length(lengths: Sequence[int]) -> list[int]:
    """Sizes of the pieces of a sorted batch that are cheapest to compute.

    A piece costs its sentences times the longest of them, and as much as `PIECE_COST` tokens for being one.

    Args:
        lengths: Tokens of each sentence, the longest first.
    """
    costs, starts = [0], [0]
    for end in range(1, len(lengths) + 1):
        options = [costs[start] + (end - start) * lengths[start] + PIECE_COST for start in range(end)]
        starts.append(min(range(end), key=options.__getitem__))
        costs.append(options[starts[-1]])
    sizes: list[int] = []
    end = len(lengths)
    while end:
        sizes.append(end - starts[end])
        end = starts[end]
    return sizes[::-1]


def _without_pooler(config: PretrainedConfig) -> dict[str, bool]:
    """The argument that leaves off a pooler, for the encoders that have one: we never use it."""
    encoder: Any = MODEL_MAPPING[type(config)]
    signature = inspect.signature(encoder)
    return {"add_pooling_layer": False} if "add_pooling_layer" in signature.parameters else {}


def _sentence_vector(hidden: Tensor, mask: Tensor) -> Tensor:
    """B x T x H token vectors to B x 2H: the mean of the tokens beside the last separator."""
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    mean = (hidden * weights).sum(1) / weights.sum(1)
    last = (mask.sum(1) - 1).view(-1, 1, 1).expand(-1, 1, hidden.size(-1))
    return torch.cat([mean, hidden.gather(1, last)[:, 0]], dim=-1)


def _cross_entropy(logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Mean over all B sentences, those whose label is ignored counting 0; labels are indices or probabilities.

    So the loss of a batch is the mean of its parts' losses, where processes and accumulated steps cut it evenly.
    """
    total = nn.functional.cross_entropy(
        logits.float(), labels, ignore_index=IGNORED, reduction="sum", label_smoothing=smoothing
    )
    return total / len(labels)


def check_loaded(model: nn.Module, loaded: Mapping[str, Any], missing: Iterable[str]) -> None:
    """Refuse weights that are not those of a model.

    Args:
        model: It, as `transformers` has loaded it.
        loaded: What `transformers` says of that.
        missing: The weights that it must have and has not.

    Raises:
        ValueError: If some are missing, of another shape, or no numbers.
    """
    if other := sorted(loaded["mismatched_keys"]):
        name, found, wanted = other[0]
        shapes = f"{name}: {list(found)}, not {list(wanted)}"
        raise ValueError(f"{len(other)} of its weights have other shapes than config.json says, such as {shapes}")
    if names := sorted(missing):
        raise ValueError(f"{len(names)} of its weights are missing, such as {names[0]}")
    if name := not_finite(model):
        raise ValueError(f"its weights hold values that are no finite numbers, in {name}")


def not_finite(model: nn.Module) -> str | None:
    """The name of a weight that holds NaN or infinity, as after a training that diverged."""
    return next((name for name, values in model.state_dict().items() if not values.isfinite().all()), None)


def load_trained(directory: Path) -> NabraModel:
    """A checkpoint's model in float32, ready for inference; only safetensors are read.

    Raises:
        ModelError: If its weights are not whole.
    """
    model: NabraModel
    verify(directory, *(sorted(path.name for path in directory.glob("model*.safetensors")) or ["model.safetensors"]))
    try:
        with quietly():
            pair: Any = NabraModel.from_pretrained(
                directory,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,
            )
    except Exception as error:  # transformers and safetensors raise many kinds
        reason = " ".join(str(error).split())
        raise ModelError(f"{directory}: its weights cannot be loaded ({reason}); copy the model again") from error
    model, loaded = pair
    try:
        check_loaded(model, loaded, loaded["missing_keys"])
    except ValueError as error:
        raise ModelError(f"{directory}: {error}; copy the model again, or train it anew") from error
    model.eval()
    return model


AutoConfig.register("nabra", NabraConfig)
AutoModel.register(NabraConfig, NabraModel)
