"""Digests, fingerprints and random ids on DuckDB."""

from sqlglot import exp

from mixpanel_data.warehouse.rewrites.tree import call


def fingerprint(text: str) -> str:
    """A fingerprint of 63 bits of a text, as an expression of DuckDB over another one.

    DuckDB's hash multiplies 8 bytes at a time, which carries a difference to higher bits only: a difference in the last
    bytes of one such word cancels one in those of another. Behind 3 and 6 more characters the same bytes are first or
    in the middle of their words, and no difference is last in all three.
    """
    return f"CAST(xor(xor(hash({text}), hash('...' || {text})), hash('......' || {text})) >> 1 AS BIGINT)"


MACROS: tuple[str, ...] = (
    # FARM_FINGERPRINT of a digest in hexadecimal: its first 60 bits, or 0.
    "CREATE OR REPLACE MACRO digest_key(digest) AS coalesce(TRY_CAST('0x' || substring(digest, 1, 15) AS BIGINT), 0)",
    # FARM_FINGERPRINT of any other text.
    f"CREATE OR REPLACE MACRO text_fingerprint(text) AS {fingerprint('text')}",
)


def hashing(node: exp.Expr) -> exp.Expr:
    """TO_HEX(SHA256(text)), of TO_JSON_STRING(json) too, FARM_FINGERPRINT(text), GENERATE_UUID().

    The fingerprint is made of DuckDB's own hash, so that it compares only with fingerprints of the same engine. It is
    taken of the JSON as written: sorting the members would cost more than everything else. Equal contents can so have
    two fingerprints, and are compared in full. That of an event_id is a key by which events are found again, and
    DuckDB's hash can change with its version: the id is a digest, so that its first digits do. A UUID stays a UUID,
    because a row id does not have to be text.
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
        return call("text_fingerprint", exp.cast(text.this, "varchar") if isinstance(text, exp.JSONFormat) else text)
    if isinstance(node, exp.Uuid):
        return call("uuid")
    return node
