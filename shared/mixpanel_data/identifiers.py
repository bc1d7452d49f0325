"""What may stand in a statement's text as a name, without quotes, on both engines."""

import re

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,1023}")
RESERVED = re.compile(
    r"all|analyse|analyze|and|any|array|as|asc|assert_rows_modified|asymmetric|at|between|both|by|"
    r"case|cast|check|collate|column|constraint|contains|create|cross|cube|current|"
    r"current_(catalog|database|date|datetime|role|schema|time|timestamp|user)|default|deferrable|"
    r"define|desc|describe|distinct|do|else|end|enum|escape|except|exclude|exists|extract|false|"
    r"fetch|following|for|foreign|from|full|group|grouping|groups|hash|having|if|ignore|in|"
    r"initially|inner|intersect|interval|into|is|join|lambda|lateral|leading|left|like|limit|lookup|"
    r"localtime|localtimestamp|merge|natural|new|no|not|null|nulls|of|offset|on|only|or|order|outer|over|partition|pivot|"
    r"pivot_longer|pivot_wider|placing|preceding|primary|proto|qualify|range|recursive|references|"
    r"respect|returning|right|rollup|rows|select|session_user|set|show|some|struct|summarize|symmetric|table|"
    r"tablesample|then|to|trailing|treat|true|unbounded|union|unique|unnest|unpivot|user|using|variadic|"
    r"when|where|window|with|within",
    re.IGNORECASE,
)
"""What GoogleSQL or DuckDB reserves: it names nothing without quotes."""
