"""Which accelerator computed, read from the engine's own words; a list of providers is no evidence."""

from __future__ import annotations

CPU = "cpu"
HEXAGON_EMULATOR = "hexagon-emulator"
_EMULATOR = "-emulator"
# What the runtimes of this project say in `executed_by`, before any reason they add.
_WORDS = {
    " on TensorRT": "tensorrt",
    " on CUDA": "cuda",
    " on Vulkan": "vulkan",
    "HTP emulator": "htp-emulator",
    "qemu-hexagon": HEXAGON_EMULATOR,
}


def accelerator_of(executed_by: str) -> str:
    """The id of what computed; `cpu` where nothing else is named."""
    said = executed_by.split(":")[0]
    return next((name for words, name in _WORDS.items() if words in said), CPU)


def is_emulator(accelerator: str) -> bool:
    """Whether an id is of an emulator, which proves bytes and has no time."""
    return accelerator.endswith(_EMULATOR)


def fallback_reason(requested: str, executed_by: str) -> str | None:
    """Why a run is worth nothing for what was asked; None if that is what computed."""
    if accelerator_of(executed_by) == requested:
        return None
    return f"asked for {requested}, it was executed by {executed_by}"
