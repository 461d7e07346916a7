"""The C library, built once per session by the system's compiler."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from arllie_deploy import native
from arllie_deploy.native.library import Library

SOURCE = Path(native.__file__).resolve().parent / "source"
X86_ONLY = {"kernel_sse41.c", "kernel_avx2.c", "kernel_avx512.c"}
OPTIONS = [
    *("-std=c11", "-D_POSIX_C_SOURCE=200809L", "-fPIC", "-shared", "-fvisibility=hidden", "-pthread"),
    *("-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-Wall", "-Wextra", "-Werror"),
]


@pytest.fixture(scope="session")
def c_library_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    if compiler is None:
        pytest.skip("no C compiler: apt-get install gcc")
    is_x86 = platform.machine() in ("x86_64", "AMD64")
    foreign = set() if is_x86 else X86_ONLY
    sources = [path for path in sorted(SOURCE.glob("*.c")) if path.name not in foreign and "neon" not in path.name]
    sources += sorted((SOURCE / "adaptive").glob("*.c"))
    path = tmp_path_factory.mktemp("native") / "libarllie.so"
    done = subprocess.run(
        [compiler, *OPTIONS, "-o", path, *sources, "-lm"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def c_library(c_library_path: Path) -> Library:
    library = Library(c_library_path)
    library.force_instruction_set(None)
    return library
