"""Which of the network's ideas are switched on, and how wide it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from arllie_deploy.errors import ArllieError
from arllie_deploy.networks.arguments import Arguments

# Levels 1 to 5 of the encoder, and the bottleneck, at width 1.
_CHANNELS = (16, 32, 64, 128, 256, 512)
WIDTHS = (0.25, 0.5, 1.0)
CHOICES = {
    "skip": ("fpn", "direct"),
    "depthwise": ("axial", "plain"),
    "activation": ("relu6", "relu"),
    "projection": ("linear", "activated"),
    "upsampling": ("bilinear", "nearest"),
    "activator": ("fixed", "learned"),
    "residual": ("additive", "affine"),
}
REDUCTIONS = (1, 2, 4)
# The deepest level has 1/32 of the sides of what the stem sees.
_DEEPEST = 32
# The smallest side of a picture.
MINIMUM = 32


@dataclass(frozen=True)
class SadUnetConfig(Arguments):
    """One network of the family; the defaults are the reference configuration.

    Attributes:
        width: multiplies every number of channels, the stem's too: 0.25, 0.5 or 1.
        stem: channels of the two first convolutions at width 1: 16 or 64.
        expansion: of the inverted residual blocks, 1 to 8; the first one of level 1 does not expand.
        skip: "fpn", coarse-to-fine sums of 1×1 convolutions in every skip connection; "direct", the level itself.
        depthwise: "axial", x + 1×3 + 3×1; "plain", 3×3.
        activation: "relu6" or "relu".
        projection: of a block to its output: "linear", or "activated" as before MobileNetV2.
        upsampling: "bilinear" (half-pixel centers) or "nearest".
        activator: whether λ of x + λF is "fixed" or "learned".
        strength: λ, or what it starts from, above 0 and up to 2.
        context: blocks that the bottleneck has beyond the two of the design, 0 to 8, each of twice the channels inside;
            each lets a pixel of the output look 32 pixels further.
        gain: of the frame before the stem, 1 to 32. The form for inference has it within the first convolution: it
            changes how fast the color of dark frames is learned, not what can be learned.
        residual: F of x + λF is "additive", what the last features say, as in the design; or "affine", that and
            A·(gain x) + B, where the smooth A and B come from coarser stages of the decoder: narrow features need not
            carry the picture's edges and colors then.

        reduction: of an affine network, 1, 2 or 4: the frame is averaged to so much smaller sides before the stem, and
            what comes out is enlarged and applied to the whole frame, which two 3×3 convolutions have cleaned first
            (after Gharbi et al., SIGGRAPH 2017: what is smooth is computed small). All but these two costs
            reduction² times less, and looks reduction times further.
        denoising: of an affine network, 0 to 6: so many 3×3 convolutions of `stem` channels at half the frame's sides,
            whatever the width, make what is added to the frame against its noise before the maps are applied.

    Raises:
        ArllieError: on a value that is not among these.
    """

    system: ClassVar[str] = "sad-unet"

    width: float = 1.0
    stem: int = 64
    expansion: int = 6
    skip: str = "fpn"
    depthwise: str = "axial"
    activation: str = "relu6"
    projection: str = "linear"
    upsampling: str = "bilinear"
    activator: str = "fixed"
    strength: float = 0.6
    context: int = 0
    gain: float = 1.0
    residual: str = "additive"
    reduction: int = 1
    denoising: int = 0

    def __post_init__(self) -> None:
        numbers = {
            "stem": (16, 64),
            "expansion": range(1, 9),
            "context": range(9),
            "reduction": REDUCTIONS,
            "denoising": range(7),
        }
        self.check({**CHOICES, "width": WIDTHS, **numbers})
        for name, least in (("reduction", 1), ("denoising", 0)):
            if getattr(self, name) > least and self.residual != "affine":
                raise ArllieError(f'sad-unet: {name} is {getattr(self, name)}; that needs residual = "affine"')
        if not 0.0 < self.strength <= 2.0:
            raise ArllieError(f"sad-unet: strength is {self.strength!r}, expected a number above 0 and up to 2")
        if not 1.0 <= self.gain <= 32.0:
            raise ArllieError(f"sad-unet: gain is {self.gain!r}, expected 1 to 32")

    @property
    def alignment(self) -> int:
        """Sides of what the network is given are multiples of it."""
        return _DEEPEST * self.reduction

    @property
    def stem_channels(self) -> int:
        """Of both convolutions of the stem."""
        return int(self.stem * self.width)

    @property
    def channels(self) -> tuple[int, ...]:
        """Of levels 1 to 5 and of the bottleneck."""
        return tuple(int(count * self.width) for count in _CHANNELS)
