"""All names together: is what happened to them one thing?

For `findings`, from the `parts` that each name contributes.

- `model`: the counts of all names together, scored like those of a name.
- `breadth`: how abnormal they are without the names that deviate most, if many deviate alike.
- `chance`: how much further all names together stray than each by itself.
- `share`: is a single name more abnormal than all names together explain?
"""
