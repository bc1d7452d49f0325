"""Merges of ids through Mixpanel's /import: the client (`merges`), and what the answers say (`answers`)."""

from mixpanel_data.clients.mixpanel.merging.merges import Merges

__all__ = ["Merges"]
