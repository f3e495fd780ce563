"""What watches a training: a line an epoch, patience, and states between epochs."""

from __future__ import annotations

from typing import Any

from transformers import EarlyStoppingCallback, TrainerCallback

from nabra.logs import LOGGER
from nabra_train.divergence import require_finite


class EpochLines(TrainerCallback):
    """Says in one line how each epoch ended."""

    def on_evaluate(self, args: Any, state: Any, control: Any, **event: Any) -> None:
        """Print the scores that the best epoch is chosen by."""
        metrics: dict[str, float] = event["metrics"]
        if state.is_world_process_zero:
            losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
            loss = f"loss {losses[-1]:.3f}, " if losses else ""
            tone, speaker = metrics["eval_tone_macro_f1"], metrics["eval_speaker_accuracy"]
            epoch = f"epoch {state.epoch:.0f}/{state.num_train_epochs}"
            LOGGER.info(f"{epoch}: {loss}dev tone {tone:.3f}, speaker {speaker:.3f}")


class Patience(EarlyStoppingCallback):
    """Stops when the score no longer rises; a run that was stopped goes on counting where it was."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **event: Any) -> None:
        """Take up the count that the last state holds."""
        super().on_train_begin(args, state, control, **event)
        kept = state.stateful_callbacks.get(type(self).__name__, {}).get("attributes", {})
        self.early_stopping_patience_counter = kept.get("early_stopping_patience_counter", 0)


class SaveEvery(TrainerCallback):
    """Saves a state to resume from between the ends of epochs.

    Args:
        steps: Steps from one to the next.
    """

    def __init__(self, steps: int) -> None:
        self._steps = steps

    def on_step_end(self, args: Any, state: Any, control: Any, **event: Any) -> None:
        """Ask for a save where one is due, unless it would replace the last good state by a diverged one."""
        if state.global_step % self._steps == 0:
            require_finite(event["model"])
            control.should_save = True
