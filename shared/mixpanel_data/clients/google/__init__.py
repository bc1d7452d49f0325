"""The small clients of Google Cloud: one reads a secret, the other a configuration file.

BigQuery is not among them: it is an engine of the warehouse.
"""
