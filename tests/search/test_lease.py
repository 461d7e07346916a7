import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import pytest

from arllie_deploy.search.lease import LEASE_S, Lease, read_lease


def test_this_process_holds_its_lease_however_old_it_is() -> None:
    lease = Lease.of_this_process()
    assert lease.is_held()
    assert replace(lease, renewed=0.0).is_held()


def test_a_process_that_has_ended_holds_nothing_and_nor_does_one_with_its_number() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    lease = Lease.of_this_process()
    assert not replace(lease, process=child.pid).is_held()
    assert not replace(lease, started=lease.started + 1).is_held()


def test_elsewhere_the_age_decides() -> None:
    lease = Lease("elsewhere", 1, 1, time.time())
    assert lease.is_held()
    assert not replace(lease, renewed=time.time() - LEASE_S - 1).is_held()


def test_a_lease_survives_json() -> None:
    lease = Lease.of_this_process()
    assert read_lease(lease.to_json()) == lease


@pytest.mark.parametrize("value", [None, 3, {}, {"place": "a", "process": "x", "started": 1, "renewed": 1}])
def test_anything_else_is_no_lease(value: Any) -> None:
    assert read_lease(value) is None
