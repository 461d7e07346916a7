"""The package is installed with the native kernel where a compiler is, and without it where none is."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

REPOSITORY = Path(__file__).parents[2]
LIBRARY = "arllie_deploy/native/libarllie.so"
_PROGRAM = "import sys; from arllie_deploy.cli import {0}; sys.argv[0] = 'arllie'; {0}()"


@pytest.fixture(scope="module", params=["cc", "/bin/false"], ids=["a compiler", "no compiler"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The compiler, and the folder of a wheel that was built with it and unpacked."""
    compiler: str = request.param
    folder = tmp_path_factory.mktemp("wheel")
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, "CC": compiler, "CXX": compiler, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    build = f"--config-settings=build-dir={folder / 'build'}"
    line = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", build]
    made = subprocess.run(
        [*line, "--wheel-dir", str(folder), str(REPOSITORY)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "unpacked")
    return compiler, folder / "unpacked"


def _run(folder: Path, function: str, *arguments: object) -> str:
    line = [sys.executable, "-P", "-c", _PROGRAM.format(function), *map(str, arguments)]
    done = subprocess.run(
        line, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_library_is_in_the_wheel_exactly_where_there_is_a_compiler(installed: tuple[str, Path]) -> None:
    compiler, folder = installed
    assert (folder / LIBRARY).exists() == (compiler == "cc")


def test_the_doctor_says_whether_it_was_built(installed: tuple[str, Path]) -> None:
    compiler, folder = installed
    said = _run(folder, "doctor", "--json")
    assert ("no C compiler was found" in said) == (compiler != "cc")


def test_a_picture_is_enhanced_either_way(installed: tuple[str, Path], tmp_path: Path) -> None:
    _, folder = installed
    dark = np.random.default_rng(0).integers(5, 40, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(dark).save(tmp_path / "dark.png")
    _run(folder, "enhance", tmp_path / "dark.png", tmp_path / "lit.png", "--model", "arllie-lol")
    assert np.asarray(Image.open(tmp_path / "lit.png")).mean() > dark.mean() + 10
