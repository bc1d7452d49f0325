"""What the jobs cost on BigQuery, planned from what their statements read: `plan(workload, schedules, choices)`."""

from mixpanel_data.costs.choices import Choices
from mixpanel_data.costs.plan import JobCost, Plan, plan
from mixpanel_data.costs.savings import Saving
from mixpanel_data.costs.workload import REFERENCE, Workload

__all__ = ["REFERENCE", "Choices", "JobCost", "Plan", "Saving", "Workload", "plan"]
