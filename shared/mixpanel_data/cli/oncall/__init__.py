"""The commands of `mp detect` for whoever is on call: mutes, a test alert, and how incidents are shown."""
