import ctypes
import os
import sys

import pytest

from arllie_deploy.silence import STDERR, STDOUT, silenced


@pytest.mark.parametrize("descriptor", [STDOUT, STDERR])
def test_what_c_writes_meanwhile_is_lost_and_nothing_else(descriptor: int, capfd: pytest.CaptureFixture[str]) -> None:
    stream = sys.stdout if descriptor == STDOUT else sys.stderr
    libc = ctypes.CDLL(None)
    # C chooses its buffer at its first write: one that is held back, not one for each line.
    libc.printf(b"C\n")
    libc.fflush(None)
    capfd.readouterr()
    stream.write("before\n")
    with silenced(descriptor):
        os.write(descriptor, b"written\n")
        # C's own buffer, which is written late.
        libc.printf(b"buffered\n")
    stream.write("after\n")
    stream.flush()
    libc.fflush(None)
    captured = capfd.readouterr()
    assert (captured.out, captured.err)[descriptor - 1] == "before\nafter\n"


def test_the_descriptor_comes_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="inside"), silenced(STDERR):
        raise ValueError("inside")
    os.write(STDERR, b"after\n")
    assert capfd.readouterr().err == "after\n"
