"""What BigQuery bills, planned before a run and shown after it: `mp cost plan` and `mp cost actual`."""
