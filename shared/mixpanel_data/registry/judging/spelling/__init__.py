"""How names are spelt, and which are alike; what they name does not matter here."""
