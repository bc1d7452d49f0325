"""The part of the project that only queries see: saved reports, cohorts, annotations, quotas, faults and sessions."""
