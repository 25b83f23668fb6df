"""Computes the expressions of math nodes: numbers, comparisons and a few functions."""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

_MOST = 4000  # the greatest exponent, as ComfyUI allows it


def power(base: float, exponent: float) -> float:
    """`base` to the power of `exponent`, which may not be huge."""
    if abs(exponent) > _MOST:
        raise ValueError(f"Exponent {exponent} exceeds maximum allowed ({_MOST})")
    return base**exponent


def divide(a: float, b: float) -> float:
    """A division."""
    return a / b


def floor_divide(a: float, b: float) -> float:
    """A division, rounded down."""
    return a // b


_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: divide,
    ast.FloorDiv: floor_divide,
    ast.Mod: operator.mod,
    ast.Pow: power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "sum": lambda *values: sum(values),
    "min": min,
    "max": max,
    "abs": abs,
    "round": round,
    "pow": power,
    "sqrt": math.sqrt,
    "ceil": math.ceil,
    "floor": math.floor,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "int": int,
    "float": float,
}


def evaluate(expression: str, names: Mapping[str, object]) -> float:
    """The number that an expression gives. ValueError for what is no such expression."""
    try:
        value = _value(ast.parse(expression.strip(), mode="eval").body, names)
    except SyntaxError as err:
        raise ValueError(f"invalid expression: {expression}") from err
    if not isinstance(value, int | float):
        raise ValueError(f"Math Expression '{expression}' must evaluate to a numeric result")
    return value


def _value(part: ast.AST, names: Mapping[str, object]) -> object:
    match part:
        case ast.Constant(value=bool() | int() | float() as value):
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.UnaryOp(op=op, operand=operand):
            return _OPERATORS[type(op)](_value(operand, names))
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, names), _value(right, names))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _OPERATORS[type(op)](_value(left, names), _value(right, names))
        case ast.BoolOp(op=op, values=values):
            together = all if isinstance(op, ast.And) else any
            return together(_value(value, names) for value in values)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _value(body if _value(test, names) else orelse, names)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(value, names) for value in args))
        case _:
            raise ValueError(f"not allowed in an expression: {ast.unparse(part)}")
