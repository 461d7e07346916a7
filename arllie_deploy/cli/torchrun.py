"""A program that torchrun starts several times on one machine speaks once."""

import os
import sys


def speak_once() -> None:
    """Silence stdout and stderr of all but the machine's first process: what they would say, that one says too.

    Once the processes have joined, an error of any of them is told by the first one (`training/distributed.py`).
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ or os.environ.get("LOCAL_RANK", "0") == "0":
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
