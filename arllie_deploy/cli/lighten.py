"""`arllie-lighten`: what light modules save in a network, layer by layer, and the recipe that trains it so."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arllie_deploy.cli.output import note, print_json, print_line, print_table
from arllie_deploy.cli.size import parse_size
from arllie_deploy.errors import ArllieError, UnavailableError

if TYPE_CHECKING:
    from torch import nn

    from arllie_deploy.models.light_modules.conversion import Conversion
    from arllie_deploy.models.light_modules.report import Cost, Report

# System -> what its networks are called once they are lightened.
_LIGHT_SYSTEMS = {"sad-unet": "light-sad-unet", "lw-isp": "light-lw-isp"}


def command(
    model: Annotated[str, typer.Argument(help="A recipe of a network (a shipped one or a .toml file), or its file.")],
    keep: Annotated[
        str, typer.Option(help="Comma-separated; what stays: first, last, names of layers, patterns of names.")
    ] = "first,last",
    form: Annotated[str, typer.Option(help="Of LIST: linear or activated.")] = "linear",
    sampling: Annotated[str, typer.Option(help="How sides are halved and doubled: bilinear or nearest.")] = "bilinear",
    dilated: Annotated[str, typer.Option(help="What dilated convolutions become: gsat or separable.")] = "gsat",
    groups: Annotated[int, typer.Option(help="Of GSAT.")] = 8,
    size: Annotated[str, typer.Option(help="Of the frame that multiply-accumulates are counted on.")] = "256x256",
    out: Annotated[
        Path | None, typer.Option(help="Write the recipe that trains the light network; MODEL is a recipe then.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT if it exists.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Replace a network's full convolutions by light modules and report parameters and multiply-accumulates.

    Examples: arllie-lighten sad-unet · arllie-lighten recipe.toml --keep first,last,extract --out light.toml ·
    arllie-lighten network.safetensors --size 1920x1088 --json

    3×3 convolutions become LIST, dilated ones GSAT, strided, transposed and sub-pixel ones a resizing and LIST. What
    stays is listed with the reason. A light network has to be trained: arllie-train --recipe OUT.
    """
    _require_torch()
    from arllie_deploy.atomic import refuse_existing, write_text
    from arllie_deploy.models.light_modules.conversion import Conversion
    from arllie_deploy.models.light_modules.lighten import lighten
    from arllie_deploy.models.light_modules.options import Lightening

    if out is not None:
        refuse_existing(out, force=force)
    names = tuple(name.strip() for name in keep.split(",") if name.strip())
    conversion = Conversion(names, Lightening(form, sampling, dilated, groups))
    recipe = None if model.endswith(".safetensors") else _recipe(model)
    if out is not None and recipe is None:
        raise ArllieError(f"--out needs the recipe of {model}; give it in place of the network's file")
    network, channels = _from_file(Path(model)) if recipe is None else _from_recipe(recipe)
    text = "" if recipe is None or out is None else _light_recipe(recipe, conversion)
    example = next(network.parameters()).new_zeros(1, channels, *reversed(parse_size(size)))
    report = lighten(network, conversion.keep, conversion.options, example).report
    if out is not None:
        write_text(out, text)
    if json:
        print_json({"model": model, "recipe": str(out) if out else None, **report.to_json()})
        return
    _print(report)
    if out is not None:
        print_line(f"recipe: {out}")


def _recipe(name: str) -> Path:
    from arllie_deploy.models import find_recipe

    return find_recipe(name)


def _from_recipe(recipe: Path) -> "tuple[nn.Module, int]":
    """The training network of a recipe, and the channels of its input."""
    from arllie_deploy.training.network_recipe import NetworkRun
    from arllie_deploy.training.recipe_file import read_recipe
    from arllie_deploy.training.systems import find_system

    run = read_recipe(recipe)
    if not isinstance(run, NetworkRun):
        raise ArllieError(f"{recipe}: a recipe of a one-layer model; there is nothing to lighten")
    system = find_system(run.network.system)
    return system.build(run.network.arguments), system.frames(run.network.arguments).channels


def _from_file(path: Path) -> "tuple[nn.Module, int]":
    """The form for inference that a network's file holds, and the channels of its input."""
    from arllie_deploy.export.networks.module import load_module
    from arllie_deploy.networks.network_file import load

    network = load(path)
    return load_module(network), network.channels


def _light_recipe(recipe: Path, conversion: "Conversion") -> str:
    """The recipe with the light system; weights of the full network are no start for it."""
    import tomllib

    from arllie_deploy.training.systems import SYSTEMS

    table = tomllib.loads(recipe.read_text())
    network = table["network"]
    system = _LIGHT_SYSTEMS.get(network["system"])
    if system not in SYSTEMS:
        known = ", ".join(name for name, light in _LIGHT_SYSTEMS.items() if light in SYSTEMS) or "none yet"
        raise ArllieError(f"{recipe}: no recipe can be written for {network['system']}; for these it can: {known}")
    network.pop("start", None)
    network["system"] = system
    network["arguments"] = {**network.get("arguments", {}), "light": conversion.to_json()}
    table["name"] = f"{table['name']}-light"
    sections = {name: value for name, value in table.items() if isinstance(value, dict)}
    lines = [f"{name} = {_toml(value)}" for name, value in table.items() if name not in sections]
    for name, section in sections.items():
        lines += ["", f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in section.items())]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """A value in a line; JSON writes texts, numbers, truth values and lists of them as TOML does."""
    import json

    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(its)}" for key, its in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def _print(report: "Report") -> None:
    rows = [
        [layer.name, layer.was, layer.became or f"kept: {layer.kept}", *_cells(layer.before), *_cells(layer.after)]
        for layer in report.layers
    ]
    rows.append(["all", "", "", *_cells(report.before), *_cells(report.after)])
    print_table(["layer", "was", "becomes", "parameters", "MACs", "parameters then", "MACs then"], rows)
    channels, height, width = report.example
    print_line(f"on an input of {width}x{height}, {channels} channels; {len(report.replaced)} layers are replaced")
    if not report.replaced:
        note("nothing can be replaced; the table says why")


def _cells(cost: "Cost") -> list[str]:
    return [f"{cost.parameters:,}", f"{cost.macs:,}"]


def _require_torch() -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise UnavailableError('lightening needs torch: pip install "arllie-deploy[train]"')
