"""What every rewrite is made of: a walk over sqlglot's tree, calls of functions, and the refusal of a construct."""

from collections.abc import Callable

from sqlglot import exp

Rewrite = Callable[[exp.Expr], exp.Expr]


class TranslationError(ValueError):
    """The text is not GoogleSQL, as far as sqlglot can parse it, or DuckDB would return something else for it."""


def rewritten(tree: exp.Expr, rewrite: Rewrite) -> exp.Expr:
    """The tree with every node rewritten, inner nodes first; sqlglot's `transform` skips the nodes of a replacement."""
    for node in reversed(list(tree.walk())):
        written = rewrite(node)
        if node is tree:
            tree = written
        elif written is not node:
            node.replace(written)
    return tree


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call of a function of DuckDB, or of a macro or function of ours."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def refused(node: exp.Expr, reason: str) -> TranslationError:
    """The error to raise for a construct that DuckDB would answer otherwise than BigQuery."""
    return TranslationError(f"{node.sql(dialect='bigquery')} has no translation for DuckDB: {reason}")
