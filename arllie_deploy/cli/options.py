"""Commands whose options are the fields of dataclasses, so that a long list of them has a name and is written once."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar, get_type_hints

R = TypeVar("R")


def with_fields_as_options(command: Callable[..., R]) -> Callable[..., R]:
    """The command in the form that typer reads: an option for each field of its parameters' classes, in their order.

    Args:
        command: its parameters that are annotated with a dataclass become options; others stay what they are. The
            fields of these classes are `Annotated` with their `typer.Option` and have a default; no two of all classes
            have the same name.
    """
    hints = get_type_hints(command, include_extras=True)
    classes: dict[str, Any] = {name: hint for name, hint in hints.items() if name != "return" and is_dataclass(hint)}

    @wraps(command)
    def called_with_options(**options: Any) -> R:
        made = {
            name: one(**{field.name: options.pop(field.name) for field in fields(one)}) for name, one in classes.items()
        }
        return command(**options, **made)

    parameters = [
        each
        for name, parameter in signature(command).parameters.items()
        for each in (_options(classes[name]) if name in classes else [_as_option(parameter, hints[name])])
    ]
    called_with_options.__signature__ = Signature(parameters)  # type: ignore[attr-defined] # what inspect looks for
    return called_with_options


def _as_option(parameter: Parameter, annotation: Any) -> Parameter:
    # typer tells arguments from options by the annotation; all are passed by name.
    return parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=annotation)


def _options(one: Any) -> list[Parameter]:
    hints = get_type_hints(one, include_extras=True)
    return [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
        for field in fields(one)
    ]
