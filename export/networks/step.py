"""`python -m arllie_deploy.export.networks.step`: writes one target's files of a network, or verifies them."""

import resource
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from arllie_deploy.export.child import read_request, write_answer
from arllie_deploy.export.networks.delegates import held_to_delegate
from arllie_deploy.export.networks.engines import executed_by
from arllie_deploy.export.networks.formats import FORMATS
from arllie_deploy.export.networks.parity import verify
from arllie_deploy.export.networks.request import NetworkRequest
from arllie_deploy.networks.network import Network


def main() -> None:
    """Do what `do` says; the answer is {"result", "seconds", "peak_bytes"}."""
    message = read_request()
    limit_memory(message["memory_bytes"])
    begin = time.perf_counter()
    result = _STEPS[message["do"]](message, _request(message))
    write_answer(
        message,
        {
            "result": result,
            "seconds": time.perf_counter() - begin,
            "peak_bytes": max(map(_peak_bytes, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))),
        },
    )


def limit_memory(most: int) -> None:
    """Let every allocation beyond `most` bytes fail, in this process and in those it starts.

    Counts what can be written to (RLIMIT_DATA): an address space that a library only reserves costs nothing.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _peak_bytes(who: int) -> int:
    return 1024 * resource.getrusage(who).ru_maxrss  # the kernel counts in KiB


def _write(message: dict[str, Any], request: NetworkRequest) -> dict[str, Any]:
    return asdict(FORMATS[message["format"]].writer()(request))


def _verify(message: dict[str, Any], request: NetworkRequest) -> dict[str, Any]:
    outside, facts = held_to_delegate(request)
    if outside is not None:
        # Nor is it run: what the list lacks may be what stops the engine, and then that would be the reason given.
        return {"parity": None, "failed": outside, "executed_by": None, "facts": facts}
    verdict = verify(request)
    return {
        "parity": verdict.to_json(request.precision),
        "failed": verdict.failed,
        "executed_by": executed_by(next(iter(request.files.values())), request.accelerator),
        "facts": facts,
    }


def _request(message: dict[str, Any]) -> NetworkRequest:
    with np.load(message["calibration"]) as stored:
        calibration = [stored[name] for name in stored.files]
    files = {(width, height): Path(path) for path, width, height in message["files"]}
    network = Network.from_json(message["network"])
    return NetworkRequest(
        network=network,
        target=message["target"],
        precision=message["precision"],
        files=files,
        dynamic=message["dynamic"],
        accelerator=message["accelerator"],
        delegate=message["delegate"],
        calibration=calibration,
        percentile=message["percentile"],
        judged=[(width, height) for width, height in message["judged"]],
        frame_sizes={(width, height): tuple(message["frame"]) for width, height in [message["size"]]},
        floats=Path(message["floats"]) if message.get("floats") else None,
    )


_STEPS = {"write": _write, "verify": _verify}

if __name__ == "__main__":
    main()
