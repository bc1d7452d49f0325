"""How unusual are counts, given their forecast?

For the rooms above, which turn scores into incidents.

- `counts`: the model for counts, which scores each minute. `windows`: counts of windows of many lengths beside their
  forecast. `deviates`: how unusual each window is.
- `parts`: what each name contributes to all names together, which the room `whole` judges.
"""
