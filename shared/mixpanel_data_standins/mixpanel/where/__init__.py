"""The `where` language of Mixpanel's export: text in, a predicate or a value of one event out.

`values` has the values that expressions compute with, `operators` the operators and functions over them, `parser` the
grammar, which it compiles to closures.
"""

from mixpanel_data_standins.mixpanel.where.parser import compile_value, compile_where
from mixpanel_data_standins.mixpanel.where.values import UNDEFINED, Event, ExpressionError, Instant, Undefined

__all__ = ["UNDEFINED", "Event", "ExpressionError", "Instant", "Undefined", "compile_value", "compile_where"]
