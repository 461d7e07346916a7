import getpass
import platform
from dataclasses import asdict

from arllie_deploy.bench.machine import describe_machine


def test_it_names_neither_the_host_nor_the_user() -> None:
    words = str(list(asdict(describe_machine()).values())).split()
    assert platform.node() not in words
    assert getpass.getuser() not in words


def test_the_figures_are_plausible() -> None:
    machine = describe_machine()
    assert machine.cores >= 1
    assert machine.memory_bytes > 1e8
    assert machine.cpu
    assert machine.load_average >= 0
    assert machine.python == platform.python_version()
