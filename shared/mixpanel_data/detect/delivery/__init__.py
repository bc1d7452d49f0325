"""Delivery: stores the decisions and messages of a run, and brings messages to Slack as exactly once as Slack allows.

For `detect.run`, which calls its steps in this order.

- `channels`: every alert has a channel to go to. `recording`: decisions and messages in one transaction.
- `outbox`: messages that wait, and how far each has come; `sending`: their order and their outcomes.
- `pictures` and `plot`: the picture of an incident, in its alert.
"""
