"""A step for `run_child` that does what its request says."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.child import read_request, write_answer


def main() -> None:
    request = read_request()
    match request["do"]:
        case "answer":
            sys.stdout.write("noise that is no answer\n")
            write_answer(request, {"echo": request["value"]})
        case "raise":
            raise ArllieError("the model is made of cheese")
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "hang":
            grandchild = subprocess.Popen(["sleep", "600"])
            Path(request["pids"]).write_text(f"{os.getpid()} {grandchild.pid}")
            time.sleep(600)
        case "silent":
            return


if __name__ == "__main__":
    main()
