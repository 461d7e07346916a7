import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.adb_device import LoopbackDevice, loopback_device
from support.adb_server import adb_server
from support.adb_tasks import QUICK
from support.runner_program import built_runner

from arllie_deploy.bench.adb.client import Adb
from arllie_deploy.bench.adb.session import Session

Connect = Callable[..., LoopbackDevice]


@pytest.fixture(scope="session")
def adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adb]:
    """The genuine program with a server of its own."""
    with adb_server(tmp_path_factory.mktemp("adb-home")) as client:
        yield client


@pytest.fixture
def connect(adb: Adb, tmp_path: Path) -> Iterator[Connect]:
    """Makes devices and has the genuine adb connect to them."""
    numbers = itertools.count()
    with ExitStack() as devices:

        def make(**options: Any) -> LoopbackDevice:
            device = devices.enter_context(loopback_device(tmp_path / f"device-{next(numbers)}", **options))
            devices.callback(adb.disconnect, device.serial)
            adb.connect(device.serial)
            return device

        yield make


@pytest.fixture
def device(connect: Connect) -> LoopbackDevice:
    """One that does everything right."""
    return connect()


@pytest.fixture
def session(adb: Adb, device: LoopbackDevice) -> Iterator[Session]:
    """With that device; nothing of it may be left there."""
    with Session(adb, device.serial, "run", QUICK) as there:
        yield there
    assert device.sandbox.leftovers() == []


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner for AArch64."""
    return built_runner(tmp_path_factory.mktemp("runner"))
