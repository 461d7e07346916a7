"""How long a frame takes at 1080p with each configuration, and what it costs on paper. No weights are needed for it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from arllie_deploy.atomic import write_text

if TYPE_CHECKING:
    from arllie_deploy.runtimes.network import OpenedNetwork

SIZE = (1920, 1080)
_ROUNDS = 3
_SIDE = 256


@dataclass(frozen=True)
class Cost:
    """Of one configuration.

    Attributes:
        parameters: of the training form.
        macs: multiply-accumulates of convolutions at 256×256, in the training form.
        milliseconds: of the form for inference at 1920×1080 in onnxruntime on one thread, the least of three rounds.
    """

    parameters: int
    macs: int
    milliseconds: float


def key(arguments: Mapping[str, Any]) -> str:
    """The same for equal configurations."""
    return json.dumps(dict(arguments), sort_keys=True)


def measure_once(configurations: Sequence[Mapping[str, Any]], file: Path) -> dict[str, Cost]:
    """`measure`, unless `file` has them all from an earlier time; writes it."""
    if file.exists():
        found = {name: Cost(**values) for name, values in json.loads(file.read_text()).items()}
        if found.keys() >= {key(one) for one in configurations}:
            return found
    costs = measure(configurations)
    write_text(file, json.dumps({name: asdict(cost) for name, cost in costs.items()}, indent=1, sort_keys=True) + "\n")
    return costs


def measure(configurations: Sequence[Mapping[str, Any]]) -> dict[str, Cost]:
    """`key` -> cost of every configuration; rounds are interleaved, so that a busy machine slows all of them alike."""
    from arllie_deploy.models.sad_unet.config import SadUnetConfig
    from arllie_deploy.models.sad_unet.cost import multiply_accumulates, parameters
    from arllie_deploy.models.sad_unet.network import SadUnet

    known = {key(one): one for one in configurations}
    with TemporaryDirectory() as folder:
        opened = {name: _open(known[name], Path(folder) / f"{number}.safetensors") for number, name in enumerate(known)}
        frame = np.random.default_rng(0).integers(0, 60, (SIZE[1], SIZE[0], 3), np.uint8)
        times: dict[str, list[float]] = {name: [] for name in known}
        for _ in range(_ROUNDS):
            for name, model in opened.items():
                started = time.perf_counter()
                model.run(frame)
                times[name].append(1000 * (time.perf_counter() - started))
    costs = {}
    for name, arguments in known.items():
        network = SadUnet(SadUnetConfig.from_json(arguments)).eval()
        costs[name] = Cost(parameters(network), multiply_accumulates(network, _SIDE, _SIDE), min(times[name]))
    return costs


def _open(arguments: Mapping[str, Any], path: Path) -> OpenedNetwork:
    """The form for inference with its first weights, on one thread."""
    import torch
    from safetensors.torch import save_file

    from arllie_deploy.export.networks.package import package
    from arllie_deploy.models.sad_unet.config import MINIMUM, SadUnetConfig
    from arllie_deploy.models.sad_unet.deploy import build_deployed
    from arllie_deploy.networks.network import Network, sha256_of
    from arllie_deploy.runtimes.network import OpenedNetwork

    torch.manual_seed(0)
    weights = path.with_suffix(".weights")
    save_file(build_deployed(**arguments).state_dict(), weights)
    network = Network(
        name="sad-unet",
        factory="arllie_deploy.models.sad_unet.deploy:build_deployed",
        arguments=arguments,
        weights=weights,
        sha256=sha256_of(weights),
        license="MIT",
        alignment=SadUnetConfig.from_json(arguments).alignment,
        minimum=MINIMUM,
    )
    return OpenedNetwork(package(network, path), threads=1)
