"""The ELF reader, on an object of the compiler that is here and on damaged ones."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from arllie_deploy.errors import ArllieError
from arllie_deploy.native.elf import section


@pytest.fixture(scope="module")
def data() -> bytes:
    """Sections "", ".text" with b"code", ".names" with their names, as a compiler lays them out."""
    names = b"\0.text\0.names\0"
    table = 52 + 4 + len(names)
    start = b"\x7fELF\x01\x01\x01" + bytes(25) + struct.pack("<I", table) + bytes(10) + struct.pack("<3H", 40, 3, 2)
    headers = [(0,) * 10, (1, 1, 0, 0, 52, 4, 0, 0, 0, 0), (7, 3, 0, 0, 56, len(names), 0, 0, 0, 0)]
    return start + b"code" + names + b"".join(struct.pack("<10I", *header) for header in headers)


def test_a_section_is_found_by_its_whole_name(data: bytes) -> None:
    assert section(data, ".text") == b"code"
    with pytest.raises(ArllieError, match=r"has no section \.tex$"):
        section(data, ".tex")


def test_what_is_no_such_file_or_a_cut_one_is_refused(data: bytes) -> None:
    for other in (b"", b"text", data[:4] + b"\x02" + data[5:]):
        with pytest.raises(ArllieError, match="not a 32-bit ELF file"):
            section(other, ".text")
    for length in range(6, len(data)):
        with pytest.raises(ArllieError, match="damaged"):
            section(data[:length], ".text")


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc here: apt-get install gcc")
def test_it_reads_what_a_compiler_wrote(tmp_path: Path) -> None:
    (tmp_path / "a.s").write_text('.section .arllie.model,"a"\n.ascii "numbers"\n')
    line = ["gcc", "-m32", "-c", "a.s", "-o", "a.o"]
    subprocess.run(line, cwd=tmp_path, check=True, timeout=60)
    assert section((tmp_path / "a.o").read_bytes(), ".arllie.model") == b"numbers"
