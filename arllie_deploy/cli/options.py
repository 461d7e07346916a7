"""Commands whose options are the fields of dataclasses, so that a long list of them has a name and is written once."""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from inspect import Parameter, Signature
from typing import Any, TypeVar, get_type_hints

R = TypeVar("R")


def with_fields_as_options(command: Callable[..., R]) -> Callable[..., R]:
    """The command in the form that typer reads: an option for each field of its parameters' classes, in their order.

    Args:
        command: each of its parameters is annotated with a dataclass. The class's fields are `Annotated` with their
            `typer.Option` and have a default; no two of all classes have the same name.
    """
    classes = {name: hint for name, hint in get_type_hints(command).items() if name != "return"}

    @wraps(command)
    def called_with_options(**options: Any) -> R:
        return command(
            **{name: one(**{field.name: options[field.name] for field in fields(one)}) for name, one in classes.items()}
        )

    parameters = [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=get_type_hints(one, include_extras=True)[field.name],
        )
        for one in classes.values()
        for field in fields(one)
    ]
    called_with_options.__signature__ = Signature(parameters)  # type: ignore[attr-defined] # what inspect looks for
    return called_with_options
