"""The events of the traffic that flows, and the metrics of its users."""

PER_MINUTE = {
    "Page Viewed": 4.0,
    "Product Searched": 2.0,
    "Item Added": 2.0,
    "Checkout Started": 2.0,
    "Signed In": 2.0,
    "Coupon Applied": 1.5,
    "Order Paid": 1.5,
    "Checkout Failed": 1.0,
}
"""How many events of each name come in a minute, averaged over a day.

Each is frequent enough that its silence is told within half an hour. So many are so nearly alike that an outage is one
incident of all events together at any hour of the day; six, half of them in one name, were four incidents at night.
"""

METRICS = {
    "counters": {
        "pages": {"event": "Page Viewed"},
        "checkouts": {"event": "Checkout Started"},
        "failed_checkouts": {"event": "Checkout Failed"},
    },
    "latest": {"app_version": {"property": "app_version", "type": "STRING", "events": ["Page Viewed"]}},
}
"""User metrics, as in config/user_metrics.json."""
