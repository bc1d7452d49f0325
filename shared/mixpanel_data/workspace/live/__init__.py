"""Live queries: a call becomes a request to Mixpanel's query API, and the answer becomes a result."""

from mixpanel_data.workspace.live.queries import LiveQueries

__all__ = ["LiveQueries"]
