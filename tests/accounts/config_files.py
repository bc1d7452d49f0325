"""Files with accounts, as people write them."""

from pathlib import Path

PRODUCTION = """\
# Accounts of the team.
default = "production"

[accounts.production]
username = "sa_production"
secret = "secret-of-production"  # from the vault
project_id = "12345"
region = "us"

# Reset every night.
[accounts.staging]
username = "sa_staging"
secret = "secret-of-staging"
project_id = "67890"
region = "eu"
"""
SECRETS = ("secret-of-production", "secret-of-staging")


def written(path: Path, text: str = PRODUCTION, mode: int = 0o600) -> Path:
    """The path, with this text in the file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path
