"""BAID: 3000 backlit pictures and what photographers made of them.

Lv et al., "BacklitNet: A dataset and network for backlit image enhancement", CVIU 218, 2022,
https://github.com/lvxiaoqian/BacklitNet. The names of its folders are those of https://github.com/ZhexinLiang/CLIP-LIT
(input, gt, and scaled resize_input, resize_gt) and https://github.com/Atmyre/RAVE (train/backlit, train/well-lit).
"""

from arllie_deploy.pictures.layouts.base import Layout
from arllie_deploy.pictures.layouts.sides import Sides, SidesTree


def _sides(split: str) -> tuple[Sides, ...]:
    # Without train/ and test/ the folder is the part that its user means: the two are often unpacked apart.
    place = f"{split}|."
    return (Sides(f"{place}/input|backlit|resize_input", f"{place}/gt|well-lit|resize_gt"),)


_TREE = SidesTree(train=_sides("train"), test=_sides("test"))

BAID = Layout(
    name="baid",
    title="BAID",
    tree="{train,test}/{input,gt}, or one part: {input,gt}; also {backlit,well-lit}",
    supervised=True,
    pairs=_TREE.pairs,
    lows=_TREE.lows,
    fits=_TREE.fits,
)
