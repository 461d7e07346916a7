"""DARK FACE: dark street pictures with labeled faces and no references; the labels are not read.

Yang et al., "Advancing Image Understanding in Poor Visibility Environments: A Collective Benchmark Study", TIP 2020,
https://flyywh.github.io/CVPRW2019LowLight/. The released archive unpacks to DarkFace_Train_2021/{image,label}.
"""

from pathlib import Path

from arllie_deploy.pictures.folder import find_folder
from arllie_deploy.pictures.layouts.base import Layout
from arllie_deploy.pictures.layouts.sides import Sides, SidesTree

_TREE = SidesTree(train=(Sides("DarkFace_Train_2021|./image", ""),), test=())


def _fits(folder: Path) -> bool:
    # Many folders have one named image; that of the labels beside it tells this data set.
    return _TREE.fits(folder) and find_folder(folder, "DarkFace_Train_2021|./label") is not None


DARK_FACE = Layout(
    name="dark-face",
    title="DARK FACE",
    tree="image/*.png, label/ ignored; dark pictures only, no test part",
    supervised=False,
    pairs=_TREE.pairs,
    lows=_TREE.lows,
    fits=_fits,
)
