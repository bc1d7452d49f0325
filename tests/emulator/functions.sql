-- BigQuery's functions, where the emulator's macros of local-bigquery 0.4.0 differ in a way that matters here.
-- Read after the emulator's own, which puts each into bq.main. Names with _ in front are those of launch.py's functions.

-- BigQuery prints a JSON value with sorted members and without those that repeat a key; the emulator as it was written.
-- Left: JSON within a STRUCT, and FLOAT64 (BigQuery prints 1.0 as 1, and 1.0 within a JSON value as 1.0).
DROP MACRO bq.main.to_json_string;
CREATE MACRO _json_text(x) AS CASE
    WHEN typeof(x) IN ('JSON', 'JSON[]') THEN coalesce(_json_printed(to_json(x)::VARCHAR), 'null')
    ELSE coalesce(to_json(x)::VARCHAR, 'null')
END;
CREATE MACRO to_json_string(x) AS bq.main._json_text(x),
(x, pretty) AS CASE WHEN pretty THEN bq.main._json_pretty(bq.main._json_text(x)::JSON) ELSE bq.main._json_text(x) END;

-- A string subscript is a key in BigQuery, whatever it holds; DuckDB takes $... and /... for paths. A JSON pointer can
-- name any key. An index below zero is NULL in BigQuery; DuckDB counts it from the end.
CREATE MACRO _json_path(k) AS CASE
    WHEN typeof(k) = 'VARCHAR' THEN '/' || replace(replace(k::VARCHAR, '~', '~0'), '/', '~1')
    WHEN NOT starts_with(k::VARCHAR, '-') THEN '$[' || k::VARCHAR || ']'
END;
CREATE MACRO _json_member(j, k) AS CASE
    WHEN typeof(k) <> 'VARCHAR' OR json_type(j) = 'OBJECT' THEN json_extract(j, bq.main._json_path(k))
END;

-- BigQuery quotes a key that holds a dot or what a JSON string escapes; the emulator loses or splits such keys.
DROP MACRO bq.main.json_keys;
CREATE MACRO json_keys(j) AS _json_key_paths(j::VARCHAR, 2147483647),
(j, depth) AS CASE
    WHEN depth <= 0 THEN _raise('max_depth must be positive.')
    ELSE _json_key_paths(j::VARCHAR, coalesce(depth, 2147483647))
END;

-- BigQuery refuses NaN, Infinity, 1e999 and a comma before a closing bracket, which DuckDB reads. The pattern, which is
-- cheap, finds the few lines that may hold one of these; only they are looked at again.
DROP MACRO bq.main.parse_json;
CREATE MACRO _is_json(s) AS
    NOT regexp_matches(s, '(?i)(^|[:,\[\s-])(nan|inf)|,\s*[\]}]|\de\+?\d{3}') OR _json_is_strict(s);
CREATE MACRO _parse_json_round(s) AS CASE
    WHEN json_type(json(s)) IN ('DOUBLE', 'UBIGINT', 'HUGEINT') THEN to_json(CAST(json(s) AS DOUBLE))
    ELSE json(s)
END;
CREATE MACRO parse_json(s) AS CASE
    WHEN NOT bq.main._is_json(s) THEN _raise('Invalid input to PARSE_JSON: syntax error')
    ELSE bq.main._parse_json_exact(s)
END,
(s, mode) AS CASE
    WHEN NOT bq.main._is_json(s) THEN _raise('Invalid input to PARSE_JSON: syntax error')
    WHEN lower(mode) = 'exact' THEN bq.main._parse_json_exact(s)
    WHEN lower(mode) = 'round' THEN bq.main._parse_json_round(s)
    ELSE _raise('Invalid wide_number_mode: ' || mode)
END;

-- Not a difference but a shortcut: the emulator computes BigQuery's fingerprint in Python, which takes 0.2 ms a row.
-- This is another fingerprint of 64 bits, which serves where fingerprints are only compared with each other.
DROP MACRO bq.main.farm_fingerprint;
CREATE MACRO farm_fingerprint(x) AS CASE
    WHEN x IS NOT NULL THEN (hash(bq.main._bytes(x))::HUGEINT - 9223372036854775808)::BIGINT
END;
