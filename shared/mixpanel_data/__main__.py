"""`python -m mixpanel_data`: the same command as `mp`."""

import sys

from mixpanel_data.cli import main

if __name__ == "__main__":
    sys.exit(main())
