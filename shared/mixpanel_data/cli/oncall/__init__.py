"""The commands of `mp detect` for whoever is on call: mutes, and the alert that tries the way to Slack."""
