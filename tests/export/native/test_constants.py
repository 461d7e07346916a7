import re
import shutil
import subprocess
from ctypes import Array
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.enhancers import random_enhancer

from arllie_deploy.bench.runner.protocol import request
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.epilogues import EPILOGUES
from arllie_deploy.errors import ArllieError
from arllie_deploy.export.native.build import SOURCES
from arllie_deploy.export.native.constants import header, identifier, model_name, string_literal, weights_source
from arllie_deploy.native.kernel import integer_struct


def numbers(text: str) -> list[int]:
    """All that stands between the braces of the header's constant, without the comments."""
    body = re.sub(r"/\*.*?\*/", "", text[text.index("= {") :], flags=re.DOTALL)
    return [int(word) for word in re.findall(r"-?\d+", body)]


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_the_header_has_the_structures_numbers_in_its_order(epilogue: str) -> None:
    struct = integer_struct(random_enhancer(epilogue))
    values = [getattr(struct, field) for field, *_ in struct._fields_]
    wanted = [number for value in values for number in (value if isinstance(value, Array) else [value])]
    assert numbers(header(random_enhancer(epilogue))) == wanted
    assert len(wanted) == 3 + 3 + 81 + 1 + 5


@pytest.mark.parametrize(("compiler", "standard"), [("gcc", "c11"), ("gcc", "c99"), ("g++", "c++11"), ("g++", "c++20")])
def test_it_compiles_without_a_warning_in_c_and_in_cpp(tmp_path: Path, compiler: str, standard: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler} here: apt-get install {compiler}")
    enhancer = random_enhancer("curve", name="9-odd.name")
    (tmp_path / "model.h").write_text(header(enhancer))
    (tmp_path / "user.c").write_text(
        f'#include "model.h"\nint shift(void);\nint shift(void) {{ return {model_name(enhancer)}.shift; }}\n'
    )
    language = "c" if compiler == "gcc" else "c++"
    line = [compiler, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
    line += ["-x", language, "-I", str(SOURCES), "user.c"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_model_that_does_not_fit_the_integers_is_refused() -> None:
    enhancer = random_enhancer("plain")
    with pytest.raises(ArllieError, match="16 bits"):
        header(Enhancer("large", 1e6 * enhancer.kernel, enhancer.bias, "plain"))


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", fullmatch=True))
def test_any_models_name_is_an_identifier_of_ours(name: str) -> None:
    assert re.fullmatch(r"arllie_[A-Za-z0-9_]+", identifier(name))


@pytest.mark.parametrize("epilogue", EPILOGUES)
def test_the_floats_are_those_of_a_request_to_the_bit(epilogue: str) -> None:
    enhancer = random_enhancer(epilogue)
    literals = re.findall(r"(\S+)f,", weights_source(enhancer))
    made = np.array([float.fromhex(literal) for literal in literals], "<f4").tobytes()
    sent = request(enhancer, np.zeros((1, 1, 3), np.uint8))
    assert made == sent[24:-3]


@given(st.text())
def test_a_literal_holds_the_texts_bytes(text: str) -> None:
    literal = string_literal(text)
    parts = re.findall(r'"([^"]*)"', literal)
    octal = re.sub(rb"\\(\d{3})", lambda found: bytes([int(found[1], 8)]), "".join(parts).encode())
    assert octal == text.encode()
    assert not re.search(r"[^ -~\n]", literal)
