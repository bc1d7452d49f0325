"""The outbox: messages to people, which a job writes in the transaction of what they are about.

The detector's next run sends every message that waits here; `detect/delivery` says how. Nothing here talks to Slack.

- `message`: a message and its stages. `alert_messages_table`: messages as rows, and the statements that add them.
- `channels`: the form in which a channel is written. `owners`: how a message calls somebody.
- `blocks` (Block Kit and its limits), `mrkdwn` (text from events, made safe), `numbers` and `times` in words.
"""
