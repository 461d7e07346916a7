"""LSRW: pairs of a phone (Huawei) and a camera (Nikon); one of them alone will do.

Hai et al., "R2RNet: Low-light Image Enhancement via Real-low to Real-normal Network", 2021, arXiv 2106.14501,
https://github.com/JianghaiSCU/R2RNet. Both devices use the same file numbers, so names begin with the device.
"""

from arllie_deploy.pictures.layouts.base import Layout
from arllie_deploy.pictures.layouts.sides import Sides, SidesTree


def _sides(split: str) -> tuple[Sides, ...]:
    return tuple(
        Sides(f"{split}/{device}/low|input", f"{split}/{device}/high", prefix=f"{device}-")
        for device in ("Huawei", "Nikon")
    )


_TREE = SidesTree(train=_sides("Training data|Training|train"), test=_sides("Eval|test"))

LSRW = Layout(
    name="lsrw",
    title="LSRW",
    tree="{Training data,Eval}/{Huawei,Nikon}/{low,high}",
    supervised=True,
    pairs=_TREE.pairs,
    lows=_TREE.lows,
    fits=_TREE.fits,
)
