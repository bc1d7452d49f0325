variable "project_id" {
  description = "The id of the Google Cloud project to create everything in (GCP_PROJECT_ID)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "Give project_id the project's id, not its name or number: 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "The region of functions, images and schedule (GCP_REGION)."
  type        = string
  default     = "us-central1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "Give region a region of Google Cloud, such as us-central1 or europe-west1."
  }
}

variable "bigquery_location" {
  description = "The BigQuery location of the datasets (BIGQUERY_LOCATION). It cannot be changed later."
  type        = string
  default     = "US"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]*$", var.bigquery_location))
    error_message = "Give bigquery_location a location of BigQuery, such as US, EU or europe-west1."
  }
}

variable "dataset" {
  description = "The dataset (BIGQUERY_DATASET). Staging tables are in the dataset of this name with _staging appended."
  type        = string
  default     = "mixpanel_data"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_]*$", var.dataset)) && length(var.dataset) <= 1016
    error_message = "Give dataset a name of letters, digits and _, no digit first, at most 1016 characters."
  }
}

variable "events_table" {
  description = "The events table (BIGQUERY_TABLE)."
  type        = string
  default     = "mixpanel_events"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_]*$", var.events_table)) && length(var.events_table) <= 1024
    error_message = "Give events_table a name of letters, digits and _, no digit first, at most 1024 characters."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete a table, also where a change would replace it. It does not bind anybody else."
  type        = bool
  default     = true
  nullable    = false
}

variable "config_bucket" {
  description = "The bucket for configuration files, under a name that is unique worldwide; null means PROJECT-mixpanel-data-config."
  type        = string
  default     = null

  validation {
    condition     = var.config_bucket == null || can(regex("^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$", var.config_bucket))
    error_message = "Give config_bucket 3 to 63 lower-case letters, digits, - and _, or null."
  }
}

variable "environment" {
  description = "The purpose of this installation, which becomes a label: dev, staging, prod."
  type        = string
  default     = "prod"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_-]{0,62}$", var.environment))
    error_message = "Give environment a label value: a lower-case letter, then lower-case letters, digits, _ and -."
  }
}

variable "labels" {
  description = "More labels for everything that has labels, such as a cost centre."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for key, value in var.labels :
      can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value)) && !contains(["app", "environment"], key)
    ])
    error_message = "Give labels of lower-case letters, digits, _ and -, whose keys start with a letter. The keys app and environment are taken."
  }
}

variable "alert_email" {
  description = "The e-mail address that hears of a job that fails, is late or cannot deliver; null if notification_channels are enough."
  type        = string
  default     = null

  validation {
    condition     = var.alert_email == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alert_email))
    error_message = "Give alert_email one address, such as oncall@example.com, or null."
  }
}

variable "notification_channels" {
  description = "Existing channels of Cloud Monitoring (PagerDuty, another Slack app), by their full names."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for name in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[^/]+$", name))
    ])
    error_message = "Give notification_channels full names: projects/PROJECT/notificationChannels/NUMBER."
  }
}

variable "failures_before_alert" {
  description = "The number of failed runs of a job that raises an alert, counted over the time after which the job is late."
  type        = number
  default     = 3
  nullable    = false

  validation {
    # A job that runs once a day can fail at most six times: its call, and five retries.
    condition     = var.failures_before_alert >= 1 && var.failures_before_alert <= 6 && floor(var.failures_before_alert) == var.failures_before_alert
    error_message = "Give failures_before_alert a whole number from 1 to 6, which a job that always fails can reach in time."
  }
}

variable "mixpanel_connector" {
  description = <<-EOT
    The tables that Mixpanel's warehouse connector can read; null for none.
    project_id: the number of the Mixpanel project. tables: the tables to read. mirror: whether to use mirror mode, for
    which the connector owns a dataset named mixpanel.
  EOT
  type = object({
    project_id = string
    tables     = set(string)
    mirror     = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.mixpanel_connector == null || can(regex("^[0-9]+$", var.mixpanel_connector.project_id))
    error_message = "Give mixpanel_connector.project_id the number of the Mixpanel project."
  }

  validation {
    condition     = var.mixpanel_connector == null || try(length(var.mixpanel_connector.tables) > 0, false)
    error_message = "Give mixpanel_connector.tables at least one table to read, such as user_insights."
  }
}

variable "mixpanel_member" {
  description = <<-EOT
    The account of Mixpanel's warehouse connector that mirrors the identity graph, as Mixpanel shows it; null for none.
    It can read current_identity_graph, identity_permutations and identity_associations, and owns a dataset named
    mixpanel. To let it read other tables too, use mixpanel_connector instead.
  EOT
  type        = string
  default     = null

  validation {
    condition     = var.mixpanel_member == null || can(regex("^serviceAccount:[^@\\s:]+@[a-z0-9-]+\\.iam\\.gserviceaccount\\.com$", var.mixpanel_member))
    error_message = "Give mixpanel_member the connector's account, such as serviceAccount:project-1234567@mixpanel-warehouse-1.iam.gserviceaccount.com, or null."
  }
}
