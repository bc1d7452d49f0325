"""The regions in which Mixpanel stores projects."""

from enum import StrEnum


class Region(StrEnum):
    """The residency of a project's data, which decides the hosts that serve the project."""

    US = "us"
    EU = "eu"
    IN = "in"

    @property
    def export_url(self) -> str:
        """Base URL of the raw export."""
        return self._url("data")

    @property
    def ingestion_url(self) -> str:
        """Base URL of the endpoints that take events and profiles."""
        return self._url("api")

    @property
    def app_url(self) -> str:
        """Base URL of the endpoints that manage a project."""
        return "https://mixpanel.com" if self is Region.US else f"https://{self}.mixpanel.com"

    def _url(self, family: str) -> str:
        return f"https://{family}.mixpanel.com" if self is Region.US else f"https://{family}-{self}.mixpanel.com"
