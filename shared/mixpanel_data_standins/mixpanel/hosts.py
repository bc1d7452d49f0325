"""Mixpanel's hosts by region and family, for requests that name one in their `Host` header."""

from __future__ import annotations

from collections.abc import Mapping

QUERY_HOSTS: Mapping[str, str] = {"us": "mixpanel.com", "eu": "eu.mixpanel.com", "in": "in.mixpanel.com"}
EXPORT_HOSTS: Mapping[str, str] = {
    "us": "data.mixpanel.com",
    "eu": "data-eu.mixpanel.com",
    "in": "data-in.mixpanel.com",
}
INGESTION_HOSTS: Mapping[str, str] = {
    "us": "api.mixpanel.com",
    "eu": "api-eu.mixpanel.com",
    "in": "api-in.mixpanel.com",
}
_REGIONS = {host: region for hosts in (QUERY_HOSTS, EXPORT_HOSTS, INGESTION_HOSTS) for region, host in hosts.items()}


def region_of(host: str) -> str | None:
    """The region of a host; None for one that is not Mixpanel's, such as this machine's."""
    return _REGIONS.get(_name(host))


def serves(host: str, path: str) -> bool:
    """Whether a host of Mixpanel has this path; any other host has all of them."""
    name = _name(host)
    if name in EXPORT_HOSTS.values():
        return path == "/api/2.0/export"
    if name in INGESTION_HOSTS.values():
        return not path.startswith("/api/")
    return name not in QUERY_HOSTS.values() or (path.startswith("/api/") and path != "/api/2.0/export")


def _name(host: str) -> str:
    return host.partition(":")[0].strip().lower()
