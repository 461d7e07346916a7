"""What importing costs and where the package lies; the import rules themselves are checked by `make check`."""

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, files

import pytest

HEAVY = {
    "torch",
    "tensorflow",
    "onnx",
    "onnxruntime",
    "PIL",
    "typer",
    "rich",
    "matplotlib",
    "ai_edge_litert",
    "safetensors",
    "optuna",
    "cv2",
    "skimage",
    "rawpy",
    "tifffile",
}


def modules_after(code: str) -> set[str]:
    program = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    result = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(result.stdout.splitlines()[-1]))


def test_importing_the_package_needs_numpy_only() -> None:
    assert not modules_after("import arllie_deploy") & {*HEAVY, "numpy"}
    loaded = modules_after("from arllie_deploy import Enhancer")
    assert "numpy" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("from arllie_deploy.export.targets import TARGETS; [row.availability() for row in TARGETS.values()]", set()),
        ("from arllie_deploy.runtimes import RUNTIMES; [row.availability() for row in RUNTIMES.values()]", set()),
        ("import arllie_deploy.models, arllie_deploy.epilogues, arllie_deploy.reparam.fuse", set()),
        ("import arllie_deploy.raw.files, arllie_deploy.raw.develop, arllie_deploy.raw.unprocess", set()),
        ("import arllie_deploy.cli.export", {"typer", "rich"}),
        ("import arllie_deploy.cli.bench, arllie_deploy.cli.history", {"typer", "rich"}),
        ("from arllie_deploy.bench.peers import PEERS; list(PEERS)", set()),
        ("import arllie_deploy.cli.enhance", {"typer", "rich"}),
        ("import arllie_deploy.cli.train", {"typer", "rich"}),
        ("import arllie_deploy.cli.search, arllie_deploy.cli.evaluate", {"typer", "rich"}),
        ("import arllie_deploy.adaptive, arllie_deploy.quality.evaluation, arllie_deploy.pictures.layouts", {"PIL"}),
    ],
)
def test_listing_and_help_load_no_engine(code: str, allowed: set[str]) -> None:
    assert not modules_after(code) & (HEAVY - allowed)


def test_the_wheel_installs_one_name_only() -> None:
    """Nothing named export, bench or models may land in site-packages."""
    try:
        installed = files("arllie-deploy") or []
    except PackageNotFoundError:
        pytest.skip("the package is not installed regularly: make test")
    top = {path.parts[0] for path in installed if path.parts[0] != ".."}
    assert {name for name in top if not name.endswith(".dist-info")} == {"arllie_deploy"}
    names = {str(path) for path in installed}
    wanted = ["export/graph.py", "models/arllie/arllie-adaptive.safetensors", "models/arllie/arllie-searched.json"]
    for needed in (*wanted, "py.typed", "pictures/samples/night.png"):
        assert f"arllie_deploy/{needed}" in names


def test_the_public_names_are_importable() -> None:
    import arllie_deploy

    assert all(getattr(arllie_deploy, name) for name in arllie_deploy.__all__)
    public = {name for name in vars(arllie_deploy) if name[0].isupper()} - {"TYPE_CHECKING", "Any"}
    assert public | {"Enhancer", "__version__"} == set(arllie_deploy.__all__)
