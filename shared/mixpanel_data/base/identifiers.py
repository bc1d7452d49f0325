"""Names that a statement can contain without quotes on both engines."""

import re

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,1023}")
RESERVED = re.compile(
    r"all|alter|analyse|analyze|and|anti|any|array|as|asc|asof|assert_rows_modified|asymmetric|at|"
    r"authorization|between|binary|both|by|case|cast|check|collate|collation|column|concurrently|constraint|"
    r"contains|create|cross|cube|current|current_catalog|current_database|current_date|current_datetime|"
    r"current_role|current_schema|current_time|current_timestamp|current_user|default|deferrable|define|desc|"
    r"describe|distinct|do|drop|else|end|enum|escape|except|exclude|exists|extract|false|fetch|following|for|"
    r"foreign|freeze|from|full|glob|group|grouping|groups|hash|having|if|ignore|ilike|in|initially|inner|"
    r"insert|intersect|interval|into|is|isnull|join|lambda|lateral|leading|left|like|limit|localtime|"
    r"localtimestamp|lookup|merge|natural|new|no|not|notnull|null|nulls|of|offset|on|only|or|order|outer|over|"
    r"overlaps|partition|partitioned_by|pivot|pivot_longer|pivot_wider|placing|positional|preceding|primary|"
    r"proto|qualify|range|recursive|references|regexp|respect|returning|revoke|right|rlike|rollback|rollup|"
    r"rows|select|semi|session_user|set|show|similar|some|struct|summarize|symmetric|table|tablesample|then|to|"
    r"trailing|treat|true|unbounded|uncache|union|unique|unnest|unpack|unpivot|user|using|variadic|verbose|"
    r"when|where|window|with|within|xor",
    re.IGNORECASE,
)
"""Words that GoogleSQL, DuckDB or the translation between them reserves; unquoted, they cannot be names."""
