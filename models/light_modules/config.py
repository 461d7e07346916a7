"""Which network of the three tasks is meant, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from arllie_deploy.errors import ArllieError
from arllie_deploy.models.light_modules.options import CHOICES, Lightening
from arllie_deploy.networks.arguments import Arguments

# Task -> sides of the output in sides of the input, what the sides of a frame are multiples of, published blocks.
TASKS = {"denoising": (1, 1, 15), "super-resolution": (4, 1, 16), "inpainting": (1, 4, 0)}
WIDTHS = (0.25, 0.5, 1.0)
# A 9×9 kernel and 16 dilated pixels are nothing on less.
_MINIMUM = 16
# Of the pyramid that fills a hole smoothly: its coarsest level has 1/2^LEVELS of the sides.
LEVELS = 5
_MOST_BLOCKS = 32
_SHORTCUTS = {
    "denoising": ("none",),
    "super-resolution": ("none", "nearest", "bilinear"),
    "inpainting": ("none", "smooth"),
}
_SAMPLINGS = {"full": ("own", "separable"), "light": ("own", "nearest", "shuffle", "separable")}
_CHOICES = {
    "task": tuple(TASKS),
    "convolutions": tuple(_SAMPLINGS),
    "colors": (1, 3),
    "width": WIDTHS,
    "activation": ("published", "relu"),
    "shortcut": ("none", "nearest", "bilinear", "smooth"),
    "form": CHOICES["form"],
    "dilated": CHOICES["dilated"],
}


@dataclass(frozen=True)
class LightModulesConfig(Arguments):
    """One network; the defaults are a light DnCNN of color pictures; the authors' demo has `colors` 1.

    Attributes:
        task: "denoising", DnCNN (Zhang et al., TIP 2017), which gives the frame minus what it finds in it;
            "super-resolution", the four-fold SRResNet (Ledig et al., CVPR 2017); "inpainting", the completion network
            of GLCIC (Iizuka et al., SIGGRAPH 2017), whose input is a picture and its mask, 1 where it is to be filled.
        convolutions: "light", or "full": the baseline.
        colors: of the picture, 1 or 3; super-resolution and inpainting have 3.
        width: multiplies every number of channels: 0.25, 0.5 or 1.
        blocks: layers between first and last of DnCNN (published: 15), residual blocks of SRResNet (16), up to 32; 0
            are the published ones. The completion network has no such number.
        activation: "published", PReLU in super-resolution and ReLU elsewhere; or "relu".
        shortcut: "none" as published; or what a short training need not be spent on learning (ours). Of
            super-resolution: the input, enlarged "nearest" or "bilinear", is added to what comes out. Of inpainting,
            "smooth": the hole is filled from around it first, see `fill.py`; the network sees that and says what is to
            be added to it.
        sampling: "own": full networks have strided, transposed and sub-pixel convolutions, light ones bilinear resizing
            before LIST; "nearest" in its place, in light ones. For the comparison of upsamplers, in super-resolution
            alone: "shuffle", full sub-pixel convolutions in a light network; "separable", depthwise-separable ones.
        form: of LIST, see `Lightening`.
        dilated: see `Lightening`.
        groups: of GSAT.

    Raises:
        ArllieError: on a value that is not among these, or that the task does not have.
    """

    system: ClassVar[str] = "light-modules"

    task: str = "denoising"
    convolutions: str = "light"
    colors: int = 3
    width: float = 1.0
    blocks: int = 0
    activation: str = "published"
    shortcut: str = "none"
    sampling: str = "own"
    form: str = "linear"
    dilated: str = "gsat"
    groups: int = 8

    def __post_init__(self) -> None:
        self.check(_CHOICES)
        self._check_beside("sampling", _SAMPLINGS[self.convolutions])
        if type(self.blocks) is not int or not 0 <= self.blocks <= _MOST_BLOCKS:
            raise ArllieError(f"light-modules: blocks is {self.blocks!r}, expected 0 to {_MOST_BLOCKS}")
        if self.task != "denoising":
            self._check_beside("colors", (3,))
        self._check_beside("shortcut", _SHORTCUTS[self.task])
        if self.task != "super-resolution":
            self._check_beside("sampling", ("own", "nearest"))
        if self.task == "inpainting":
            self._check_beside("blocks", (0,))
        self.lightening  # noqa: B018 - it checks the groups

    def _check_beside(self, name: str, known: tuple[Any, ...]) -> None:
        self.check({name: known}, f" with convolutions {self.convolutions!r} and task {self.task!r}")

    def for_delegates(self) -> LightModulesConfig:
        """The light network of the same task and width, of operators that NNAPI, Hexagon, HTP and Ethos-U all have.

        Zero padding, ReLU, nearest sampling, plain depthwise convolutions, no groups, no shuffle and no smooth guess.
        """
        # No delegate divides integers, as the smooth one does.
        shortcut = {"bilinear": "nearest", "smooth": "none"}.get(self.shortcut, self.shortcut)
        plain = {"convolutions": "light", "activation": "relu", "sampling": "nearest", "dilated": "separable"}
        return replace(self, shortcut=shortcut, **plain)  # type: ignore[arg-type]  # mypy: every value, every field

    @property
    def lightening(self) -> Lightening:
        """What full convolutions are replaced by in the light network."""
        sampling = "nearest" if self.sampling == "nearest" else "bilinear"
        return Lightening(self.form, sampling, self.dilated, self.groups)

    @property
    def channels(self) -> int:
        """Of the input: those of the picture, and the mask in inpainting."""
        return self.colors + (self.task == "inpainting")

    @property
    def scale(self) -> int:
        """Sides of the output in sides of the input."""
        return TASKS[self.task][0]

    @property
    def alignment(self) -> int:
        """The sides of a frame are multiples of it."""
        return 2**LEVELS if self.shortcut == "smooth" else TASKS[self.task][1]

    @property
    def minimum(self) -> int:
        """The least side of a frame."""
        return max(_MINIMUM, self.alignment)

    @property
    def depth(self) -> int:
        """How many blocks there are."""
        return self.blocks or TASKS[self.task][2]

    def scaled(self, channels: int) -> int:
        """Channels of a layer that has so many at width 1."""
        return int(channels * self.width)
