"""LOL-v2: a real part (689 and 100 pairs) and a synthetic one (900 and 100).

Yang et al., "Sparse Gradient Regularized Deep Retinex Network for Robust Low-Light Image Enhancement", TIP 2021,
https://github.com/flyywh/SGN-2020. The tree is that of https://github.com/caiyuanhao1998/Retinexformer (README,
"Prepare Dataset"), with the real part's files also under their older names low00001.png and normal00001.png. Either
part may be given by itself.
"""

import re

from arllie_deploy.pictures.layouts.base import Layout
from arllie_deploy.pictures.layouts.sides import Sides, SidesTree


def _number(stem: str) -> str:
    """low00001 and normal00001 are a pair."""
    return re.sub(r"^(low|normal)(?=\d)", "", stem, flags=re.IGNORECASE)


def _tree(part: str) -> SidesTree:
    def sides(split: str) -> Sides:
        return Sides(f"{part}/{split}/Low", f"{part}/{split}/Normal", key=_number)

    return SidesTree(train=(sides("Train"),), test=(sides("Test"),))


_REAL = _tree("Real_captured|lol-v2-real|.")
_SYNTHETIC = _tree("Synthetic|lol-v2-synthetic|.")

LOL_V2_REAL = Layout(
    name="lol-v2-real",
    title="LOL-v2, real",
    tree="Real_captured/{Train,Test}/{Low,Normal}; low00001.png or 00001.png",
    supervised=True,
    pairs=_REAL.pairs,
    lows=_REAL.lows,
    fits=_REAL.fits,
)

LOL_V2_SYNTHETIC = Layout(
    name="lol-v2-synthetic",
    title="LOL-v2, synthetic",
    tree="Synthetic/{Train,Test}/{Low,Normal}",
    supervised=True,
    pairs=_SYNTHETIC.pairs,
    lows=_SYNTHETIC.lows,
    fits=_SYNTHETIC.fits,
)
