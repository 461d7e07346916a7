"""What a large picture takes, in a process of its own."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from support.networks import packaged_lw_isp, packaged_sad_unet

from arllie_deploy.networks.network import Network

_LIMIT_BYTES = 1_500_000_000
# A picture or a raw frame of 24 megapixels; prints the most memory that the process had, in KiB.
_PROGRAM = """
import resource, sys
from pathlib import Path
import numpy as np
from arllie_deploy.media.raw_file import develop_with_network
from arllie_deploy.media.strips import enhance_in_strips
from arllie_deploy.networks.network_file import load
from arllie_deploy.raw.develop import Rendering
from arllie_deploy.raw.frame import RawFrame
from arllie_deploy.runtimes.network import OpenedPlanes
network = load(Path(sys.argv[1]))
opened, random = OpenedPlanes(network, 1), np.random.default_rng(0)
if network.raw:
    frame = RawFrame(random.integers(0, 4096, (4000, 6000), np.uint16), "BGGR", 4095.0)
    picture = develop_with_network(opened, frame, Rendering(), np.uint16)
else:
    picture = enhance_in_strips(opened, random.integers(0, 256, (4000, 6000, 3), np.uint8))
assert picture.shape == (4000, 6000, 3)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "made",
    [
        partial(packaged_lw_isp, "enhancement"),
        partial(packaged_lw_isp, "raw"),
        partial(packaged_lw_isp, "enhancement", 1.0),
        partial(packaged_sad_unet, 4),
    ],
    ids=["held", "held raw", "held, published width", "mapped"],
)
def test_24_megapixels_take_a_bounded_memory(made: Callable[[], Network], tmp_path: Path) -> None:
    """Of narrow networks, of which the engine takes the most beside their values, and of one as wide as published."""
    weights = made().weights
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, weights], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert int(done.stdout) * 1024 <= _LIMIT_BYTES
