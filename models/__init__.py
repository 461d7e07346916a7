"""The tables of systems and their members: the models that ship with the package, and the recipes they come from."""

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from arllie_deploy.adaptive import AdaptiveEnhancer
from arllie_deploy.enhancer import Enhancer
from arllie_deploy.errors import ArllieError
from arllie_deploy.model_file import NETWORK_KEY, read_header
from arllie_deploy.networks import network_file
from arllie_deploy.networks.network import Network
from arllie_deploy.stored_model import Model, load_model

# A family's name stands for its default member.
FAMILIES = {"arllie": "arllie-adaptive", "lw-isp": "lw-isp-raw"}
# Member -> folder of its system, which holds MEMBER.safetensors and MEMBER.md (the card).
MEMBERS = {
    "arllie-adaptive": "arllie",
    "arllie-adaptive-int": "arllie",
    "arllie-lol": "arllie",
    "arllie-plain-lol": "arllie",
    "arllie-direct-lol": "arllie",
    "arllie-unsupervised": "arllie",
}
# Network of many layers -> folder of its system, as for the members.
NETWORKS = {
    "sad-unet": "sad_unet",
    "sad-unet-delegate": "sad_unet",
    "lw-isp-lol": "lw_isp",
    "lw-isp-raw": "lw_isp",
    "lw-isp-raw-delegate": "lw_isp",
    "lw-isp-denoise": "lw_isp",
    "light-dncnn": "light_modules",
    "light-srresnet": "light_modules",
    "light-srresnet-delegate": "light_modules",
    "light-inpaint": "light_modules",
    "light-inpaint-delegate": "light_modules",
}
# An adaptive member -> the one that stands in for it where filters must be constant.
WITH_CONSTANT_FILTERS = {"arllie-adaptive": "arllie-adaptive-int"}
# Recipe -> folder of its system, which holds RECIPE.toml.
RECIPES = {**MEMBERS, **NETWORKS}


def find_model(name_or_path: str) -> Model:
    """Load a shipped one-layer model by family or member name, or a model file by its path, fixed or adaptive.

    Raises:
        ArllieError: if there is no such model, its file is malformed, or it is a network of many layers.
    """
    return load_model(_find_file(name_or_path))


def find_any(name_or_path: str) -> Model | Network:
    """`find_model` for whoever can do with a network of many layers, too.

    Raises:
        ArllieError: if there is no such model, or its file is malformed.
    """
    path = _find_file(name_or_path)
    return network_file.load(path) if read_header(path)[0] == NETWORK_KEY else load_model(path)


def _find_file(name_or_path: str) -> Path:
    member = FAMILIES.get(name_or_path, name_or_path)
    system = {**MEMBERS, **NETWORKS}.get(member)
    if system is not None:
        return _folder(system) / f"{member}.safetensors"
    if _looks_like_path(name_or_path, ".safetensors"):
        return Path(name_or_path)
    raise ArllieError(_unknown("model", name_or_path, [*FAMILIES, *MEMBERS, *NETWORKS], "a .safetensors file"))


def find_fixed_model(name_or_path: str) -> Enhancer:
    """`find_model` for whoever needs one kernel for all frames.

    Raises:
        ArllieError: as `find_model`, and if the model is adaptive.
    """
    model = find_model(name_or_path)
    if isinstance(model, AdaptiveEnhancer):
        fixed = "a fixed one, for example arllie-lol"
        raise ArllieError(f"{name_or_path}: {model.name} makes a new kernel for every frame; here give {fixed}")
    return model


def find_recipe(name_or_path: str) -> Path:
    """The file of a shipped recipe, or `name_or_path` itself if it is a path.

    Raises:
        ArllieError: if there is no such recipe.
    """
    if name_or_path in RECIPES:
        return _folder(RECIPES[name_or_path]) / f"{name_or_path}.toml"
    if _looks_like_path(name_or_path, ".toml"):
        return Path(name_or_path)
    raise ArllieError(_unknown("recipe", name_or_path, list(RECIPES), "a .toml file"))


def _folder(system: str) -> Path:
    return Path(str(files(__name__))) / system


def _looks_like_path(text: str, suffix: str) -> bool:
    return text.endswith(suffix) or Path(text).name != text


def _unknown(what: str, given: str, known: list[str], otherwise: str) -> str:
    close = get_close_matches(given, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(known))}"
    return f"unknown {what} {given!r}; {hint} ({otherwise} is taken too)"
