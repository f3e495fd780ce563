"""Notices a training that went astray, and saves nothing of it."""

from __future__ import annotations

import math
from typing import Any

from torch import nn
from transformers import TrainerCallback

from nabra.modeling import not_finite
from nabra_train.resuming import EndedError

_REMEDY = (
    "the training diverged; train anew (--overwrite) with a lower --optimizer.learning_rate or --optimizer.head_factor"
)


def require_finite(model: nn.Module) -> None:
    """Refuse a model whose training diverged."""
    if name := not_finite(model):
        raise EndedError(f"{name} holds values that are no finite numbers: {_REMEDY}")


class StopAtDivergence(TrainerCallback):
    """Ends a training whose loss is no number any more, before such weights replace the last good state."""

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            raise EndedError(f"the loss is {loss} in epoch {state.epoch:g}: {_REMEDY}")
