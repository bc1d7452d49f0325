"""Service accounts by name: the file that keeps them, and which of them a call uses.

`ConfigManager` is the public face. `config_file` reads and replaces the file, `document` is its format, `edits` changes
it and keeps its comments, and `resolution` weighs variables, accounts and the default against each other.
"""

from mixpanel_data.accounts.config_manager import ConfigManager
from mixpanel_data.accounts.credentials import AccountInfo, Credentials

__all__ = ["AccountInfo", "ConfigManager", "Credentials"]
