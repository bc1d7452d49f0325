"""The schemas of Mixpanel's Lexicon: the client (`lexicon`), an entry (`entry`), and its pace (`pace`)."""

from mixpanel_data.clients.mixpanel.lexicon.entry import Entry, EntryOutcome
from mixpanel_data.clients.mixpanel.lexicon.lexicon import Lexicon

__all__ = ["Entry", "EntryOutcome", "Lexicon"]
