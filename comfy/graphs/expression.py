"""Small arithmetic of a manifest or a graph, such as `steps / 2`, without any other power."""

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from comfy.errors import BadAnswer

MAX_LENGTH = 300  # characters
MAX_VALUE = 1e12  # of an exponent's result, and of a number

_BINARY: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
    ast.FloorDiv: lambda left, right: left // right,
    ast.Mod: lambda left, right: left % right,
}
_FUNCTIONS: Mapping[str, Callable[[list[float]], float]] = {
    "min": min,
    "max": max,
    "abs": lambda numbers: abs(*numbers),
    "round": lambda numbers: round(numbers[0], *map(int, numbers[1:])),
    "floor": lambda numbers: math.floor(*numbers),
    "ceil": lambda numbers: math.ceil(*numbers),
    "int": lambda numbers: int(*numbers),
    "float": lambda numbers: float(*numbers),
}


@dataclass(frozen=True, slots=True)
class Expression:
    """Numbers, names, `+ - * / // %`, parentheses, and min, max, abs, round, floor, ceil, int and float."""

    text: str

    @property
    def names(self) -> frozenset[str]:
        """The names of the values that it is computed from. Raises BadAnswer where it is no expression."""
        nodes = [each for each in ast.walk(self._parse()) if isinstance(each, ast.Name)]
        return frozenset(each.id for each in nodes if each.id not in _FUNCTIONS)

    def evaluate(self, values: Mapping[str, float]) -> float:
        """Its value. Raises BadAnswer for a name without a value, and for what is no arithmetic."""
        try:
            value = _evaluate(self._parse(), values)
        except (ArithmeticError, ValueError, TypeError) as err:
            raise BadAnswer(reason=f"{self.text}: {err}") from err
        if not math.isfinite(value) or abs(value) > MAX_VALUE:
            raise BadAnswer(reason=f"{self.text}: too large")
        return value

    def _parse(self) -> ast.expr:
        if len(self.text) > MAX_LENGTH:
            raise BadAnswer(reason="a formula is too long")
        try:
            return ast.parse(self.text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as err:
            raise BadAnswer(reason=f"{self.text}: it is no formula") from err


def _evaluate(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_evaluate(left, values), _evaluate(right, values))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS and args:
            return _FUNCTIONS[name]([_evaluate(each, values) for each in args])
        case _:
            raise BadAnswer(reason=f"{ast.unparse(node)}: it is not known, or no arithmetic")
