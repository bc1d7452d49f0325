"""Digests, fingerprints and random ids on DuckDB."""

from sqlglot import exp

from mixpanel_data.warehouse.rewrites.tree import call

MACROS: tuple[str, ...] = (
    # FARM_FINGERPRINT of a digest in hexadecimal: its first 60 bits, or 0.
    "CREATE OR REPLACE MACRO digest_key(digest) AS coalesce(TRY_CAST('0x' || substring(digest, 1, 15) AS BIGINT), 0)",
)


def hashing(node: exp.Expr) -> exp.Expr:
    """TO_HEX(SHA256(text)), of TO_JSON_STRING(json) too, FARM_FINGERPRINT(text), GENERATE_UUID().

    The fingerprint is DuckDB's own hash, so that it compares only with fingerprints of the same engine. It is taken of
    the JSON as written: sorting the members would cost more than everything else, and rows whose fingerprints differ
    are compared in full anyway. That of an event_id is a key by which events are found again, and DuckDB's hash can
    change with its version: the id is a digest, so that its first digits do. A UUID stays a UUID, because a row id does
    not have to be text.
    """
    if isinstance(node, exp.LowerHex) and isinstance(node.this, exp.SHA2Digest):
        text = node.this.this
        if isinstance(text, exp.JSONFormat):
            return call("canonical_digest", exp.cast(text.this, "varchar"))
        return call("sha256", text)
    if isinstance(node, exp.FarmFingerprint):
        text = node.expressions[0]
        if isinstance(text, exp.Column) and text.name == "event_id":
            return call("digest_key", text)
        value = text.this if isinstance(text, exp.JSONFormat) else text
        return exp.cast(exp.BitwiseRightShift(this=call("hash", value), expression=exp.Literal.number(1)), "bigint")
    if isinstance(node, exp.Uuid):
        return call("uuid")
    return node
