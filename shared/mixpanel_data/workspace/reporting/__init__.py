"""Mixpanel's reports over the events of the warehouse, or over fetched ones, as `Workspace.report` has them."""
