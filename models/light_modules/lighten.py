"""The converter: any network with its full convolutions replaced by light modules, and a report of what became what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import cast

import torch
from torch import Tensor, nn

from arllie_deploy.errors import ArllieError
from arllie_deploy.models.light_modules.modules import LIGHT
from arllie_deploy.models.light_modules.options import Lightening
from arllie_deploy.models.light_modules.report import Cost, Layer, Report
from arllie_deploy.models.light_modules.rules import Replacement, Seen, described, replacement
from arllie_deploy.models.light_modules.tracing import CONVOLUTIONS, Trace, trace

KEEP = ("first", "last")
_SIDE = 256
_PUBLISHED = Lightening()


@dataclass(frozen=True)
class Lightened:
    """A new network, to be trained, and what became what."""

    network: nn.Module
    report: Report


@dataclass(frozen=True)
class _Decision:
    """What becomes of the convolutions: by the first of their names."""

    names: dict[str, list[str]]
    verdicts: dict[str, Replacement | str]


def lighten(
    network: nn.Module,
    keep: Sequence[str] = KEEP,
    options: Lightening = _PUBLISHED,
    example: Tensor | None = None,
) -> Lightened:
    """A copy of a network with light modules in the place of its full convolutions; the given one stays as it is.

    3×3 convolutions become LIST, dilated ones GSAT, those of stride 2 half the sides and LIST, transposed ones and
    those before an `nn.PixelShuffle` twice the sides and LIST. Everything else stays, with its weights, and the report
    says why. The new modules have new weights, drawn from torch's generator: the result is to be trained.

    One module at several places, or called several times, becomes one module there, too; what shares single weights
    with another layer is kept. A light network comes back as it was given.

    Args:
        network: any; its convolutions are found by what a pass over the example calls.
        keep: what is not replaced: "first" and "last", the convolutions that are called first and last; or names of
            modules, with everything in them, and patterns of names as "decoder.*.up".
        options: what the light modules are.
        example: (1, channels, H, W), also for the report's multiply-accumulates; None: zeros of 256×256 with the
            channels of the network's first convolution.

    Returns:
        The new network, in the mode (training or evaluation) and on the device of the given one.

    Raises:
        ArllieError: if `keep` names nothing, the network does not run on the example, or has no convolutions.
    """
    if isinstance(network, torch.jit.ScriptModule):
        raise ArllieError("a scripted network cannot be changed; give the nn.Module that it was made from")
    frame = _example(network) if example is None else example
    seen = trace(network, frame)
    decision = _decide(network, seen, keep, options)
    changed = _changed(network, seen, decision)
    try:
        after = trace(changed, frame)
    except ArllieError as error:
        raise ArllieError(f"with light modules {error}; keep the layers that it looks into") from None
    if after.output != seen.output:
        raise ArllieError(f"with light modules the network gives {after.output} and not {seen.output}: a bug")
    return Lightened(changed, _report(network, changed, (seen, after), decision, frame))


def parameters(module: nn.Module) -> int:
    """Numbers that training changes."""
    return sum(values.numel() for values in module.parameters())


def _example(network: nn.Module) -> Tensor:
    for part in network.modules():
        if isinstance(part, CONVOLUTIONS):
            return part.weight.new_zeros(1, part.in_channels, _SIDE, _SIDE)
    raise ArllieError("the network has no convolutions; there is nothing to replace")


def _decide(network: nn.Module, seen: Trace, keep: Sequence[str], options: Lightening) -> _Decision:
    places: dict[nn.Module, list[str]] = {}
    for name, layer in _convolutions(network):
        places.setdefault(layer, []).append(name)
    names = {_called(all_names, seen): all_names for all_names in places.values()}
    order = [name for name in seen.calls if name in names]
    names = {name: names[name] for name in [*order, *(name for name in names if name not in order)]}
    called = list(seen.calls)
    kept = _kept(network, names, keep, called[:1], called[-1:])
    shared = _shared(network)
    verdicts: dict[str, Replacement | str] = {}
    for name in names:
        layer = network.get_submodule(name)
        facts = Seen(layer, seen.calls.get(name), seen.shuffled.get(name), shared.get(layer, ""))
        verdicts[name] = kept.get(name) or replacement(facts, options)
    return _Decision(names, _with_whole_shuffles(verdicts, seen))


def _convolutions(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """All places of all convolutions, but for those within light modules."""
    light = [name for name, module in network.named_modules(remove_duplicate=False) if isinstance(module, LIGHT)]
    for name, module in network.named_modules(remove_duplicate=False):
        inside = any(name.startswith(f"{place}.") or not place for place in light)
        if isinstance(module, CONVOLUTIONS) and not inside:
            yield name, module


def _called(names: list[str], seen: Trace) -> str:
    """The name that the trace knows a module by."""
    return next((name for name in names if name in seen.calls), names[0])


def _kept(
    network: nn.Module, names: Mapping[str, list[str]], keep: Sequence[str], first: list[str], last: list[str]
) -> dict[str, str]:
    """Convolution -> why the user keeps it."""
    everywhere = {name for name, _ in network.named_modules(remove_duplicate=False)}
    kept: dict[str, str] = {}
    for pattern in keep:
        if pattern in KEEP:
            kept.update(dict.fromkeys(first if pattern == "first" else last, f"it is the {pattern} one"))
            continue
        if not any(fnmatchcase(name, pattern) for name in everywhere):
            raise ArllieError(f"keep: no module is named {pattern!r}; give first, last, a name or a pattern of names")
        for name, others in names.items():
            if any(fnmatchcase(other, pattern) or fnmatchcase(other, f"{pattern}.*") for other in others):
                kept.setdefault(name, f"{pattern} is to be kept")
    return kept


def _shared(network: nn.Module) -> dict[nn.Module, str]:
    """Module -> with which other one it shares weights."""
    owners: dict[int, list[tuple[str, nn.Module]]] = {}
    for name, module in network.named_modules():
        for values in module.parameters(recurse=False):
            owners.setdefault(id(values), []).append((name, module))
    shared: dict[nn.Module, str] = {}
    for group in owners.values():
        for name, module in group:
            if others := [other for other, _ in group if other != name]:
                shared[module] = f"it shares weights with {others[0]}"
    return shared


def _with_whole_shuffles(verdicts: dict[str, Replacement | str], seen: Trace) -> dict[str, Replacement | str]:
    """A pixel shuffle is taken out only if all that it is given would be without it."""
    whole = dict(verdicts)
    for name, shuffled in seen.shuffled.items():
        fed = [other for other, its in seen.shuffled.items() if its.module == shuffled.module]
        alone = all(not isinstance(verdicts.get(other, ""), str) for other in fed) and shuffled.module not in seen.mixed
        if isinstance(verdicts.get(name), Replacement) and not alone:
            whole[name] = "its pixel shuffle is also given what stays as it is"
    return whole


def _changed(network: nn.Module, seen: Trace, decision: _Decision) -> nn.Module:
    changed = deepcopy(network)
    for name, verdict in decision.verdicts.items():
        if isinstance(verdict, str):
            continue
        old = cast("nn.Conv2d", changed.get_submodule(name))
        new = verdict.make().to(old.weight).train(old.training)
        changed = _placed(changed, decision.names[name], new)
        shuffle = seen.shuffled[name].module if name in seen.shuffled else None
        if shuffle is not None:
            pixels = changed.get_submodule(shuffle)
            places = [place for place, part in changed.named_modules(remove_duplicate=False) if part is pixels]
            changed = _placed(changed, places, nn.Identity())
    return changed


def _placed(network: nn.Module, places: Sequence[str], module: nn.Module) -> nn.Module:
    """The network, or the module itself where it is the whole of it."""
    for place in places:
        if not place:
            return module
        owner, _, name = place.rpartition(".")
        setattr(network.get_submodule(owner), name, module)
    return network


def _report(
    before: nn.Module, after: nn.Module, traces: tuple[Trace, Trace], decision: _Decision, example: Tensor
) -> Report:
    old, new = traces

    def row(name: str, verdict: Replacement | str) -> Layer:
        layer = before.get_submodule(name)
        costs = (_cost(layer, old, name), _cost(after.get_submodule(name), new, name))
        text, reason = ("", verdict) if isinstance(verdict, str) else (verdict.text, "")
        return Layer(", ".join(decision.names[name]), described(layer), text, reason, *costs)

    layers = tuple(row(name, verdict) for name, verdict in decision.verdicts.items())
    totals = [Cost(parameters(module), seen.macs) for module, seen in zip((before, after), traces, strict=True)]
    return Report(tuple(example.shape[1:]), layers, *totals)


def _cost(module: nn.Module, seen: Trace, name: str) -> Cost:
    return Cost(parameters(module), seen.macs_within(name))
