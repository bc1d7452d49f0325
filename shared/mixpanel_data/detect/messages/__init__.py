"""Messages: which ones are due, and what each of them shows. Nothing here talks to Slack.

For `delivery`, which stores and sends them.

- `message`: the shapes. `alert_messages_table`: earlier messages, and how far each has come.
- `due`: the messages due after a run, by the rules of `planning`.
- `outlook`: when something is due though nothing arrives, for the runs after this one.
- `composer`: from a planned message to its body: gathers evidence and the `query`, and has it worded by `wording`.
"""
