"""The conditioning in C under AddressSanitizer and UndefinedBehaviorSanitizer, on input of which much is damaged."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from arllie_deploy import native

SOURCE = Path(native.__file__).resolve().parent / "source"
OPTIONS = [
    *("-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O1", "-g", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"),
    *("-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all"),
]
ROUNDS = 5000


@pytest.fixture(scope="module")
def program(c_library_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What conditions, instrumented; the kernel is that of the library."""
    folder = tmp_path_factory.mktemp("sanitized")
    compiler = next((path for name in ("gcc", "clang") if (path := shutil.which(name))), None)
    if compiler is None:
        pytest.skip("no C compiler: apt-get install gcc")
    (folder / "probe.c").write_text("int main(void) { return 0; }\n")
    probe = [compiler, *OPTIONS, folder / "probe.c", "-o", folder / "probe"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip(f"{compiler} has no sanitizers: apt-get install gcc")
    sources = [SOURCE / "model.c", *sorted((SOURCE / "adaptive").glob("*.c"))]
    line = [compiler, *OPTIONS, "-I", SOURCE, Path(__file__).with_name("adaptive_random.c"), *sources, c_library_path]
    line += ["-o", folder / "random", f"-Wl,-rpath,{c_library_path.parent}", "-lm"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "random"


def test_random_calls_find_nothing(program: Path) -> None:
    environment = os.environ | {"UBSAN_OPTIONS": "print_stacktrace=1"}
    done = subprocess.run([program, str(ROUNDS)], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    calls, conditioned, fitted = map(int, re.findall(r"\d+", done.stdout))
    assert calls == ROUNDS
    assert 0.1 * ROUNDS < conditioned < 0.95 * ROUNDS
    assert 0.05 * ROUNDS < fitted < 0.95 * ROUNDS
