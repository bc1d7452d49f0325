"""The wording of messages, as Slack's Block Kit: pure, from incidents and their evidence to text and blocks.

For `composer`, which gathers what it needs.

- By kind: `alert` (alerts, updates, reminders), `resolution` (a resolved alert), `notices` (the collector is late or
  back, a channel cannot be reached).
- By part: `headline`, `now` (does it go on?), `comparison` (counted against expected), `facts`, `sparklines`,
  `changed_values`, `samples` (the events shown), `owner` (whom an alert calls, and the runbook), `next_steps` and their
  `commands`, `whole` (all events together).
- Below both: `reported_incident` (the shape that they share), `naming`; and from `outbox`: `numbers`, `times`, `mrkdwn`
  (text from events, made safe), `blocks` (Block Kit and its limits).
"""
