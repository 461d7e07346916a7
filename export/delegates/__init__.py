"""The delegates of TFLite whose public lists of operators the exporter holds an artifact to, one data file each."""

from functools import cache
from importlib.resources import as_file, files

from arllie_deploy.errors import ArllieError
from arllie_deploy.export.delegates.check_operators import Finding, Verdict, check_operators
from arllie_deploy.export.delegates.operator_list import OperatorList, load_operator_list

DELEGATES = ("gpu", "nnapi", "hexagon")


@cache
def find_delegate(name: str) -> OperatorList:
    """The list of a delegate.

    Raises:
        ArllieError: if there is no such delegate.
    """
    if name not in DELEGATES:
        raise ArllieError(f"unknown delegate {name!r}; known: {', '.join(DELEGATES)}")
    with as_file(files("arllie_deploy.export.delegates") / f"{name}.toml") as path:
        return load_operator_list(path)


__all__ = ["DELEGATES", "Finding", "OperatorList", "Verdict", "check_operators", "find_delegate", "load_operator_list"]
