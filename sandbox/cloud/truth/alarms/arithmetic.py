"""Metric math of alarms: arithmetic, comparisons, and a few functions, on numbers and on series of data points.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

#: Values by period, where there are any.
Series = dict[int, float]
Value = float | Series

_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: left / right,
    ast.Pow: lambda left, right: left**right,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.And: lambda left, right: bool(left) and bool(right),
    ast.Or: lambda left, right: bool(left) or bool(right),
}
_OVER_SEVERAL: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": sum,
    "MIN": min,
    "MAX": max,
    "AVG": lambda values: sum(values) / len(values),
}
_AS_PYTHON = ((r"\^", "**"), (r"&&|\bAND\b", " and "), (r"\|\||\bOR\b", " or "))


class MathError(Exception):
    """An expression asks for more than the sandbox can do; the message says for what."""


def evaluate(expression: str, named: Mapping[str, Series], periods: Sequence[int]) -> Series:
    """What an expression gives for `periods`; a period in which it can't be computed has no value.

    Raises:
        MathError: it can't be evaluated here at all.
    """
    text = expression.strip()
    for found, written in _AS_PYTHON:
        text = re.sub(found, written, text)
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        raise MathError(f"the expression {expression!r} can't be read") from None
    value = _Evaluator(named, periods).value(tree)
    return _spread(value, periods)


class _Evaluator:
    def __init__(self, named: Mapping[str, Series], periods: Sequence[int]) -> None:
        self._named, self._periods = named, periods

    def value(self, node: ast.AST) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name) if name in self._named:
                return self._named[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._both(operator.sub, 0.0, self.value(operand))
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
                return self._both(_OPERATORS[type(sign)], self.value(left), self.value(right))
            case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _OPERATORS:
                return self._both(_OPERATORS[type(sign)], self.value(left), self.value(right))
            case ast.BoolOp(op=sign, values=[first, *others]):
                value = self.value(first)
                for other in others:
                    value = self._both(_OPERATORS[type(sign)], value, self.value(other))
                return value
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name.upper(), arguments)
            case _:
                raise MathError(f"{ast.unparse(node)!r} is not known to the sandbox's metric math")

    def _call(self, name: str, arguments: list[ast.expr]) -> Value:
        match name, arguments:
            case "IF", [condition, *branches] if len(branches) in (1, 2):
                return self._if(condition, branches)
            case "FILL", [series, ast.Name(id="REPEAT")]:
                return self._repeat(self._series(series))
            case "FILL", [series, filling]:
                return {**_spread(self.value(filling), self._periods), **self._series(series)}
            case _, [ast.List(elts=several)] if name in _OVER_SEVERAL:
                return self._over(_OVER_SEVERAL[name], [self._series(each) for each in several])
            case _, [ast.Call(func=ast.Name(id="METRICS"), args=[])] if name in _OVER_SEVERAL:
                return self._over(_OVER_SEVERAL[name], list(self._named.values()))
            case "ABS", [series]:
                return {period: abs(value) for period, value in self._series(series).items()}
            case _:
                raise MathError(f"the function {name} is not known to the sandbox's metric math")

    def _if(self, condition: ast.expr, branches: list[ast.expr]) -> Series:
        asked = self._series(condition)
        then, *otherwise = (self._series(each) for each in branches)
        chosen = {period: then if value else (otherwise or [{}])[0] for period, value in asked.items()}
        return {period: branch[period] for period, branch in chosen.items() if period in branch}

    def _repeat(self, series: Series) -> Series:
        filled, last = Series(), None
        for period in self._periods:
            last = series.get(period, last)
            if last is not None:
                filled[period] = last
        return filled

    def _over(self, function: Callable[[Sequence[float]], float], several: list[Series]) -> Series:
        present = {period: [each[period] for each in several if period in each] for period in self._periods}
        return {period: float(function(values)) for period, values in present.items() if values}

    def _both(self, function: Callable[[Any, Any], Any], left: Value, right: Value) -> Series:
        one, other = _spread(left, self._periods), _spread(right, self._periods)
        results = {period: _apply(function, one[period], other[period]) for period in one if period in other}
        return {period: result for period, result in results.items() if result is not None}

    def _series(self, node: ast.expr) -> Series:
        return _spread(self.value(node), self._periods)


def _spread(value: Value, periods: Sequence[int]) -> Series:
    return value if isinstance(value, dict) else dict.fromkeys(periods, value)


def _apply(function: Callable[[Any, Any], Any], left: float, right: float) -> float | None:
    try:
        result = function(left, right)
    except (ArithmeticError, ValueError):
        return None
    return None if isinstance(result, complex) else float(result)
