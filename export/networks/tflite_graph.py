"""A TFLite flatbuffer opened for editing: who makes and who uses each tensor, new constants, new operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_METADATA_NAME = "arllie"


class TfliteGraph:
    """The one subgraph of a model, editable; operators stay in order of execution."""

    def __init__(self, data: bytes) -> None:
        from ai_edge_litert import schema_py_generated as schema
        from ai_edge_litert.tools import flatbuffer_utils

        self._schema = schema
        self._model: Any = flatbuffer_utils.convert_bytearray_to_object(bytearray(data))
        _bring_inside(self._model, data)
        [self._subgraph] = self._model.subgraphs
        self._names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}

    @property
    def operators(self) -> list[Any]:
        """The operators; the list may be edited."""
        operators: list[Any] = self._subgraph.operators
        return operators

    @property
    def tensors(self) -> list[Any]:
        """The tensors, which operators name by index."""
        tensors: list[Any] = self._subgraph.tensors
        return tensors

    @property
    def inputs(self) -> list[int]:
        """Indices of the input tensors."""
        return [int(index) for index in self._subgraph.inputs]

    @property
    def outputs(self) -> list[int]:
        """Indices of the output tensors."""
        return [int(index) for index in self._subgraph.outputs]

    def give(self, tensors: Sequence[int]) -> None:
        """Let the model give these tensors, and nothing else; without signatures, which name what it gave before."""
        self._subgraph.outputs = np.array(tensors, np.int32)
        self._model.signatureDefs = []

    def kind(self, operator: Any) -> str:
        """An operator's name in the schema."""
        code = self._model.operatorCodes[operator.opcodeIndex]
        name: str = self._names[max(code.builtinCode, code.deprecatedBuiltinCode)]
        return name

    def kinds(self) -> list[str]:
        """The names of all operators, in order of execution."""
        return [self.kind(operator) for operator in self.operators]

    def producer(self, tensor: int) -> Any | None:
        """The operator that makes a tensor, None for inputs and constants."""
        return next((operator for operator in self.operators if tensor in operator.outputs), None)

    def consumers(self, tensor: int) -> list[Any]:
        """The operators that use a tensor."""
        return [operator for operator in self.operators if tensor in operator.inputs]

    def name(self, tensor: int) -> str:
        """A tensor's name."""
        name: str = self.tensors[tensor].name.decode()
        return name

    def shape(self, tensor: int) -> tuple[int, ...]:
        """A tensor's shape."""
        return tuple(int(side) for side in self.tensors[tensor].shape)

    def constant(self, tensor: int) -> NDArray[Any]:
        """The values of a constant float32 or int32 tensor."""
        data = bytes(self._model.buffers[self.tensors[tensor].buffer].data)
        integers = self.tensors[tensor].type == self._schema.TensorType.INT32
        return np.frombuffer(data, np.int32 if integers else np.float32).reshape(self.shape(tensor))

    def add_constant(self, name: str, values: NDArray[Any]) -> int:
        """A new constant float32 or int32 tensor; returns its index."""
        buffer = self._schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        kind = self._schema.TensorType.INT32 if values.dtype == np.int32 else self._schema.TensorType.FLOAT32
        return self._add_tensor(name, values.shape, kind, len(self._model.buffers) - 1, None)

    def add_like(self, tensor: int, suffix: str, shape: tuple[int, ...] | None = None, named: int | None = None) -> int:
        """A new tensor of the type and quantization of another one; returns its index.

        Args:
            tensor: the other one.
            suffix: what follows in its name.
            shape: None: the other one's.
            named: the tensor whose name it begins with; None: the other one's.
        """
        like, name = self.tensors[tensor], self.name(tensor if named is None else named) + suffix
        return self._add_tensor(name, shape or self.shape(tensor), like.type, 0, like.quantization)

    def make(
        self, kind: str, version: int, inputs: list[int], output: int, options: str | None = None, **values: int
    ) -> Any:
        """A new operator, which is not yet in the list.

        Args:
            kind: name in the schema.
            version: of the operator.
            inputs: tensors.
            output: tensor.
            options: name of its table of options, without "T".
            values: of the options.
        """
        schema = self._schema
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(getattr(schema.BuiltinOperator, kind), version)
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array([output], np.int32)
        if options is not None:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            operator.builtinOptions = getattr(schema, f"{options}T")()
            for key, value in values.items():
                setattr(operator.builtinOptions, key, value)
        return operator

    def set_version(self, operator: Any, version: int) -> None:
        """Give an operator another version of its kind."""
        code = self._model.operatorCodes[operator.opcodeIndex]
        operator.opcodeIndex = self._code(max(code.builtinCode, code.deprecatedBuiltinCode), version)

    def replace_uses(self, old: int, new: int) -> None:
        """Let every consumer of a tensor, and the model's outputs, use another one."""
        for operator in self.consumers(old):
            operator.inputs = np.array(
                [new if int(index) == old else int(index) for index in operator.inputs], np.int32
            )
        self._subgraph.outputs = np.array([new if index == old else index for index in self.outputs], np.int32)
        for signature in self._model.signatureDefs or []:
            for entry in signature.outputs:
                if entry.tensorIndex == old:
                    entry.tensorIndex = new

    def drop_unused(self) -> None:
        """Remove the operators whose results nobody uses."""
        while True:
            used = {int(index) for operator in self.operators for index in operator.inputs} | set(self.outputs)
            kept = [operator for operator in self.operators if any(int(index) in used for index in operator.outputs)]
            if len(kept) == len(self.operators):
                return
            self._subgraph.operators = kept

    def describe(self, text: str) -> None:
        """Add the metadata entry `arllie`."""
        buffer = self._schema.BufferT()
        buffer.data = np.frombuffer(text.encode(), np.uint8)
        self._model.buffers.append(buffer)
        entry = self._schema.MetadataT()
        entry.name, entry.buffer = _METADATA_NAME, len(self._model.buffers) - 1
        self._model.metadata = [*(self._model.metadata or []), entry]

    def to_bytes(self) -> bytes:
        """The file, without the tensors and constants that nothing refers to."""
        from ai_edge_litert.tools import flatbuffer_utils

        self._drop_unused_tensors()
        return bytes(flatbuffer_utils.convert_object_to_bytearray(self._model))

    def _add_tensor(self, name: str, shape: tuple[int, ...], kind: int, buffer: int, quantization: Any) -> int:
        tensor = self._schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name.encode(), np.array(shape, np.int32), kind
        tensor.buffer, tensor.quantization, tensor.hasRank = buffer, quantization, True
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def _code(self, kind: int, version: int) -> int:
        for index, code in enumerate(self._model.operatorCodes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == kind and code.version == version:
                return index
        code = self._schema.OperatorCodeT()
        # Readers before schema 3a look at the deprecated byte, which holds 127 where the code does not fit.
        code.builtinCode, code.deprecatedBuiltinCode, code.version = kind, min(kind, 127), version
        self._model.operatorCodes.append(code)
        return len(self._model.operatorCodes) - 1

    def _drop_unused_tensors(self) -> None:
        operators = self.operators
        used = {int(index) for operator in operators for index in (*operator.inputs, *operator.outputs) if index >= 0}
        used |= {*self.inputs, *self.outputs}
        place = {old: new for new, old in enumerate(sorted(used))} | {-1: -1}

        def moved(indices: Any) -> NDArray[np.int32]:
            return np.array([place[int(index)] for index in indices], np.int32)

        for operator in operators:
            operator.inputs, operator.outputs = moved(operator.inputs), moved(operator.outputs)
        self._subgraph.inputs, self._subgraph.outputs = moved(self.inputs), moved(self.outputs)
        for signature in self._model.signatureDefs or []:
            for entry in (*signature.inputs, *signature.outputs):
                entry.tensorIndex = place[entry.tensorIndex]
        self._subgraph.tensors = [self.tensors[index] for index in sorted(used)]
        self._drop_unused_buffers()

    def _drop_unused_buffers(self) -> None:
        used = {0, *(tensor.buffer for tensor in self.tensors), *(entry.buffer for entry in self._model.metadata or [])}
        place = {old: new for new, old in enumerate(sorted(used))}
        for item in (*self.tensors, *(self._model.metadata or [])):
            item.buffer = place[item.buffer]
        self._model.buffers = [self._model.buffers[index] for index in sorted(used)]


def _bring_inside(model: Any, data: bytes) -> None:
    """Large constants may lie behind the flatbuffer, which names their place; a file that is written anew has none."""
    for buffer in model.buffers:
        if buffer.offset > 1:  # 1 stands for none
            buffer.data = np.frombuffer(data, np.uint8, buffer.size, buffer.offset)
        buffer.offset = buffer.size = 0
