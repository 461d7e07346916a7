import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.enhancers import random_enhancer

from arllie_deploy import ArllieError, enhancer_file
from arllie_deploy.model_file import NETWORK_KEY, read_header, write_model_file
from arllie_deploy.models import find_any, find_model
from arllie_deploy.networks.held import Held, Stage
from arllie_deploy.networks.limits import Limits
from arllie_deploy.networks.network import Figures, Network
from arllie_deploy.networks.network_file import (
    STAGE_NAME,
    TILE_NAME,
    load,
    load_graph,
    load_graphs,
    load_state,
    save,
)

STATE = {"first.weight": np.arange(6, dtype=np.float16).reshape(2, 3), "strength": np.array(0.5, np.float32)}
FACTS = Network(
    name="net",
    factory="arllie_deploy.models.sad_unet.deploy:build_deployed",
    weights=Path("nowhere"),
    sha256="",
    license="MIT",
    arguments={"width": 0.5},
    alignment=32,
    minimum=32,
    limits=Limits(int8_db=40.0),
    provenance={"recipe": {"seed": 0}},
    figures=Figures(context=192, parameters=7, macs_per_pixel=12.5, pixel_bytes=428),
)


@pytest.fixture
def stored(tmp_path: Path) -> Network:
    return save(FACTS, STATE, b"graph", tmp_path / "net.safetensors")


def test_a_network_comes_back_with_its_weights_and_its_graph(stored: Network, tmp_path: Path) -> None:
    assert stored == load(tmp_path / "net.safetensors")
    assert replace(stored, weights=FACTS.weights, sha256="") == FACTS
    state = load_state(stored)
    assert {name: values.dtype for name, values in state.items()} == {n: v.dtype for n, v in STATE.items()}
    graph, weights = load_graph(stored)
    assert graph == b"graph"
    assert all(values.dtype == np.float32 for values in weights.values())
    assert {name: values.tolist() for name, values in weights.items()} == {n: v.tolist() for n, v in STATE.items()}


def test_a_held_network_of_raw_frames_comes_back_with_its_graphs(tmp_path: Path) -> None:
    facts = replace(FACTS, raw="camera-srgb", held=Held(112, 80, (Stage(4, 2, 4, 33), Stage(8, 1, 3, 65))))
    graphs = {TILE_NAME: b"tile", STAGE_NAME.format(0): b"first", STAGE_NAME.format(1): b"second"}
    made = save(facts, STATE, b"graph", tmp_path / "held.safetensors", graphs)
    assert (made.raw, made.held) == (facts.raw, facts.held)
    assert Network.from_json(json.loads(json.dumps(made.to_json()))) == made
    assert set(load_state(made)) == set(STATE)
    found, weights = load_graphs(made, list(graphs))
    assert found == list(graphs.values())
    assert set(weights) == set(STATE)
    assert made.held is not None
    assert made.held.size == 12


def test_a_network_that_is_neither_has_no_word_of_it_in_its_file(stored: Network) -> None:
    """So the files from before there were such networks are read, and their bytes come again."""
    assert read_header(stored.weights)[1].keys().isdisjoint({"raw", "held"})
    assert (stored.raw, stored.held) == (None, None)


def test_an_unknown_form_of_raw_frames_is_refused() -> None:
    with pytest.raises(ArllieError, match="raw is 'linear'; known: camera-srgb"):
        replace(FACTS, raw="linear")


def test_the_same_contents_give_the_same_bytes(stored: Network, tmp_path: Path) -> None:
    again = save(FACTS, STATE, b"graph", tmp_path / "again.safetensors")
    assert again.sha256 == stored.sha256
    assert save(FACTS, STATE, b"other", tmp_path / "other.safetensors").sha256 != stored.sha256


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("factory", "os:system"),
        ("factory", "arllie_deploy.models.sad_unet.deploy:torch"),
        ("factory", "arllie_deploy.models.a.b:build_x:y"),
        ("metric", "subprocess:run"),
    ],
)
def test_a_file_cannot_name_a_function_that_is_none_of_ours(key: str, value: str, tmp_path: Path) -> None:
    save(replace(FACTS), STATE, b"graph", tmp_path / "net.safetensors")
    _, header = read_header(tmp_path / "net.safetensors")
    write_model_file(tmp_path / "evil.safetensors", NETWORK_KEY, {**header, key: value}, STATE)
    with pytest.raises(ArllieError, match=f"its {key} '{value}' is none of this package's"):
        load(tmp_path / "evil.safetensors")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 2}, "model file version 2, this program reads 1"),
        ({"alignment": "32"}, "'alignment' in the model file is of a wrong type"),
        ({"figures": {"context": 1}}, "the header of the network is malformed"),
        ({"limits": {"int8_db": 1.0}}, "it may only be tightened"),
        ({"held": {"context": 1}}, "the header of the network is malformed"),
        ({"raw": 1}, "'raw' in the model file is of a wrong type"),
    ],
)
def test_a_malformed_header_is_refused(changes: dict[str, object], says: str, stored: Network, tmp_path: Path) -> None:
    _, header = read_header(stored.weights)
    write_model_file(tmp_path / "bad.safetensors", NETWORK_KEY, json.loads(json.dumps({**header, **changes})), STATE)
    with pytest.raises(ArllieError, match=says):
        load(tmp_path / "bad.safetensors")


def test_what_is_not_finite_or_too_precise_is_not_stored(tmp_path: Path) -> None:
    for values in (np.array([np.nan], np.float32), np.zeros(1)):
        with pytest.raises(ArllieError, match="a network stores finite floats"):
            save(FACTS, {"first.weight": values}, b"graph", tmp_path / "net.safetensors")
    with pytest.raises(ArllieError, match="has no figures"):
        save(replace(FACTS, figures=None), STATE, b"graph", tmp_path / "net.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_weights_without_a_graph_say_how_to_get_one(stored: Network, tmp_path: Path) -> None:
    _, header = read_header(stored.weights)
    write_model_file(tmp_path / "weights.safetensors", NETWORK_KEY, header, STATE)
    with pytest.raises(
        ArllieError, match=r"holds weights without arllie.onnx; package it with .*export\.networks\.package"
    ):
        load_graph(load(tmp_path / "weights.safetensors"))


def test_either_kind_is_found_by_its_path_and_refused_where_the_other_is_needed(
    stored: Network, tmp_path: Path
) -> None:
    enhancer_file.save(random_enhancer(), tmp_path / "one.safetensors")
    assert find_any(str(stored.weights)) == stored
    assert find_any(str(tmp_path / "one.safetensors")) == random_enhancer()
    with pytest.raises(ArllieError, match="a network of many layers; here give a one-layer model"):
        find_model(str(stored.weights))
    with pytest.raises(ArllieError, match="a one-layer model and not a network"):
        load(tmp_path / "one.safetensors")
