"""Released networks on LOL's test pairs: facts to stand beside ours."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rival:
    """A row: the released weights run at 600×400; PSNR in dB and SSIM are means over the 15 pairs."""

    name: str
    parameters: int
    psnr: float
    ssim: float


# Each was run with the weights its authors released. They were trained by other protocols than ours: most of them on
# all of LOL's training pairs, 24 of which show scenes of the test set, some without references on other pictures.
RIVALS = (
    Rival("SCI", 258, 14.85, 0.53),
    Rival("RUAS", 3_438, 16.45, 0.51),
    Rival("Zero-DCE++", 10_561, 15.36, 0.57),
    Rival("SGZ", 10_561, 16.04, 0.58),
    Rival("AM-ZIE", 13_432, 19.35, 0.71),
    Rival("FLW-Net", 17_373, 19.22, 0.81),
    Rival("FRR-NET", 18_329, 17.64, 0.69),
    Rival("CPGA-Net", 25_394, 19.84, 0.72),
    Rival("Zero-DCE", 79_416, 14.86, 0.56),
    Rival("ZeroIG", 86_572, 22.19, 0.77),
    Rival("IAT", 91_154, 23.38, 0.81),
    Rival("FLOL", 94_518, 21.07, 0.81),
    Rival("PairLIE", 341_767, 19.52, 0.73),
)
