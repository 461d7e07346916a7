"""LOL-v1: 485 training and 15 test pairs.

The tree is that of LOLdataset.zip (Wei et al., "Deep Retinex Decomposition for Low-Light Enhancement", BMVC 2018,
https://daooshee.github.io/BMVC2018website/) and, with Train and Test, that of
https://github.com/caiyuanhao1998/Retinexformer (README, "Prepare Dataset").
"""

from arllie_deploy.pictures.layouts.base import Layout
from arllie_deploy.pictures.layouts.sides import Sides, SidesTree

_TREE = SidesTree(
    train=(Sides("our485|train/low|input", "our485|train/high|target"),),
    test=(Sides("eval15|test/low|input", "eval15|test/high|target"),),
)

LOL_V1 = Layout(
    name="lol-v1",
    title="LOL-v1",
    tree="our485/{low,high}, eval15/{low,high}; or Train/ and Test/ with {input,target}",
    supervised=True,
    pairs=_TREE.pairs,
    lows=_TREE.lows,
    fits=_TREE.fits,
)
