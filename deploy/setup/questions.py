"""What the setup asks for."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `option` names its option and its answer, `variable` and `tfvar` where the answer is kept.

    `pattern` is what an answer has to match, `advice` the sentence for one that does not. `help` and `metavar` are for
    the option; without the latter, its own name stands for the value.
    """

    option: str
    text: str
    pattern: str
    advice: str
    help: str
    metavar: str = ""
    variable: str = ""
    tfvar: str = ""

    def checked(self, answer: str) -> str:
        """The answer. Raises ValueError for a wrong one."""
        if not re.fullmatch(self.pattern, answer):
            raise ValueError(f"{answer!r} is not accepted. {self.advice}.")
        return answer

    @property
    def flag(self) -> str:
        """Its option, as typed."""
        return f"--{self.option.replace('_', '-')}"


# The patterns of what Terraform takes are those of infra/variables.tf.
QUESTIONS = (
    Question(
        "project",
        "Id of the Google Cloud project",
        "[a-z][a-z0-9-]{4,28}[a-z0-9]",
        "Give the project's id, not its name or number",
        help="the Google Cloud project",
        metavar="ID",
        variable="GCP_PROJECT_ID",
        tfvar="project_id",
    ),
    Question(
        "region",
        "Region of the functions",
        "[a-z]+-[a-z]+[0-9]+",
        "Give a region such as us-central1",
        help="the region of the functions (us-central1)",
        variable="GCP_REGION",
        tfvar="region",
    ),
    Question(
        "location",
        "BigQuery location, which cannot be changed later",
        "[A-Za-z0-9-]+",
        "Give a location of BigQuery, such as US, EU or europe-west1",
        help="where BigQuery keeps the tables; it cannot be changed later (US)",
        variable="BIGQUERY_LOCATION",
        tfvar="bigquery_location",
    ),
    Question(
        "email",
        "E-mail address that hears of a job that fails",
        r"[^@\s]+@[^@\s]+\.[^@\s]+",
        "Give one address, such as oncall@example.com",
        help="the address that hears of a job that fails",
        tfvar="alert_email",
    ),
    Question(
        "mixpanel_project",
        "Number of the Mixpanel project",
        "[0-9]+",
        "Give the project's number",
        help="the number of the Mixpanel project",
        metavar="NUMBER",
        variable="MIXPANEL_PROJECT_ID",
    ),
    Question(
        "mixpanel_region",
        "Where Mixpanel keeps the data (us, eu or in)",
        "us|eu|in",
        "Give us, eu or in",
        help="where Mixpanel keeps its data: us, eu or in (us)",
        metavar="REGION",
        variable="MIXPANEL_REGION",
    ),
    Question(
        "service_account",
        "User name of the Mixpanel service account",
        r"[^\s'\\]+",
        "Give the user name that Mixpanel shows, without white space and quotes",
        help="the user name of the Mixpanel service account",
        metavar="NAME",
        variable="MIXPANEL_SERVICE_ACCOUNT",
    ),
    Question(
        "slack_channel",
        "Slack channel for alerts",
        r"[^\s'\\]+",
        "Give a channel such as #alerts",
        help="the channel for alerts",
        metavar="NAME",
        variable="SLACK_CHANNEL",
    ),
)
