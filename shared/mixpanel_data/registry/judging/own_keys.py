"""The keys that Mixpanel or its SDKs write. They come and go with these, so their changes are not those of an event."""

import re

PREFIXES = ("$", "mp_")
"""What their names begin with."""
KEYS = frozenset(
    [
        # Reserved keys of events: docs.mixpanel.com, "Reserved properties".
        *("token", "ip", "time", "distinct_id", "bucket", "alias"),
        # What mixpanel-browser takes from the address of the page, and its page views.
        *("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "utm_id"),
        *("utm_source_platform", "utm_campaign_id", "utm_creative_format", "utm_marketing_tactic"),
        *("dclid", "fbclid", "gclid", "ko_click_id", "li_fat_id", "msclkid", "sccid", "ttclid", "twclid", "wbraid"),
        *("current_page_title", "current_domain", "current_url_path", "current_url_protocol", "current_url_search"),
    ]
)
"""Those among them that do not begin with $ or mp_."""
PATTERN = rf"\A(?:{'|'.join(map(re.escape, PREFIXES))}|(?:{'|'.join(sorted(KEYS))})\z)"
"""A regular expression (RE2) that finds a match in them alone: the same rule for SQL."""


def is_mixpanels(key: str) -> bool:
    """Whether Mixpanel or one of its SDKs writes the key; every other key is an event's own."""
    return key in KEYS or key.startswith(PREFIXES)
