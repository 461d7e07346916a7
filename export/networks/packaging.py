"""Packages a network in a process of its own, because torch's exporter prints and warns.

The process is this module: `python -m` reads the request of `package_apart`.
"""

from pathlib import Path

from arllie_deploy.errors import CheckFailedError
from arllie_deploy.export.child import ChildError, read_request, run_child, write_answer
from arllie_deploy.export.networks.package import package
from arllie_deploy.networks.network import Network

_TIMEOUT_S = 1800.0


def package_apart(network: Network, path: Path) -> None:
    """`package`, silently.

    Raises:
        CheckFailedError: if it fails, in one line.
    """
    request = {"network": network.to_json(), "path": str(path.resolve())}
    try:
        run_child(__name__, request, _TIMEOUT_S)
    except ChildError as error:
        raise CheckFailedError(f"{network.name} could not be packaged: {error}") from None


def _serve() -> None:
    request = read_request()
    made = package(Network.from_json(request["network"]), Path(request["path"]))
    write_answer(request, made.sha256)


if __name__ == "__main__":
    _serve()
