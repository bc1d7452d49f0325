"""`./deploy.sh setup`: from an empty Google Cloud project to a test alert. Python's standard library is enough.

Each step looks at what is there, does the rest, and says which of the two it was; so the same command goes on wherever
it was cut off.

- `questions`: what it asks for. `options`: the command line.
- `terminal`: questions and reports. `commands`: other programs.
- `answers` and `secret_values`: what it is told. `kept`: the files that keep the answers, none of which is secret.
- `preflight`, `terraform`, `secrets`, `deployment`, `trial`: the steps; `steps` puts them in order.
"""
