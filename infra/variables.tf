variable "project_id" {
  description = "The Google Cloud project that everything is made in (GCP_PROJECT_ID)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id is the project's id, not its name or number: 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Where functions, images and the schedule live (GCP_REGION)."
  type        = string
  default     = "us-central1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region is a region of Google Cloud, such as us-central1 or europe-west1."
  }
}

variable "bigquery_location" {
  description = "Where BigQuery keeps the datasets (BIGQUERY_LOCATION); it cannot be changed later."
  type        = string
  default     = "US"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]*$", var.bigquery_location))
    error_message = "bigquery_location is a location of BigQuery, such as US, EU or europe-west1."
  }
}

variable "dataset" {
  description = "The dataset (BIGQUERY_DATASET); staging tables live in the one of this name with _staging behind it."
  type        = string
  default     = "mixpanel_data"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_]*$", var.dataset)) && length(var.dataset) <= 1016
    error_message = "dataset is made of letters, digits and _, no digit first, at most 1016."
  }
}

variable "events_table" {
  description = "The table of events (BIGQUERY_TABLE)."
  type        = string
  default     = "mixpanel_events"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_]*$", var.events_table)) && length(var.events_table) <= 1024
    error_message = "events_table is made of letters, digits and _, no digit first, at most 1024."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete tables, as it does when a change would replace one; nobody else is kept from it."
  type        = bool
  default     = true
  nullable    = false
}

variable "config_bucket" {
  description = "Name of the bucket for configuration files, the world over; null: the project's id and -mixpanel-data-config."
  type        = string
  default     = null

  validation {
    condition     = var.config_bucket == null || can(regex("^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$", var.config_bucket))
    error_message = "config_bucket is 3 to 63 lower-case letters, digits, - and _, or null."
  }
}

variable "environment" {
  description = "What this installation is for, as a label: dev, staging, prod."
  type        = string
  default     = "prod"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_-]{0,62}$", var.environment))
    error_message = "environment is a label's value: a lower-case letter, then letters, digits, _ and -."
  }
}

variable "labels" {
  description = "Further labels of everything that has labels, such as a cost centre."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for key, value in var.labels :
      can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value)) && !contains(["app", "environment"], key)
    ])
    error_message = "labels are lower-case letters, digits, _ and -, keys begin with a letter; app and environment are taken."
  }
}

variable "alert_email" {
  description = "Who is told by e-mail when a job fails, is late or cannot reach Slack; null where notification_channels say it all."
  type        = string
  default     = null

  validation {
    condition     = var.alert_email == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alert_email))
    error_message = "alert_email is one address, such as oncall@example.com, or null."
  }
}

variable "notification_channels" {
  description = "Channels of Cloud Monitoring that are there already (PagerDuty, another Slack app), by their full names."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for name in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[^/]+$", name))
    ])
    error_message = "notification_channels are full names: projects/PROJECT/notificationChannels/NUMBER."
  }
}

variable "failures_before_alert" {
  description = "How many failed runs of a job, within the time after which it counts as late, somebody is told of."
  type        = number
  default     = 3
  nullable    = false

  validation {
    # The user sync fails at most as often: one call a day, and five more tries.
    condition     = var.failures_before_alert >= 1 && var.failures_before_alert <= 6 && floor(var.failures_before_alert) == var.failures_before_alert
    error_message = "failures_before_alert is a whole number from 1 to 6: a job that always fails has to reach it in time."
  }
}

variable "mixpanel_connector" {
  description = <<-EOT
    Lets Mixpanel's warehouse connector read tables; null: it reads nothing.
    project_id: the number of the Mixpanel project; tables: what it may read; mirror: whether it is to use mirror mode,
    for which it owns a dataset named mixpanel.
  EOT
  type = object({
    project_id = string
    tables     = set(string)
    mirror     = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.mixpanel_connector == null || can(regex("^[0-9]+$", var.mixpanel_connector.project_id))
    error_message = "mixpanel_connector.project_id is the number of the Mixpanel project."
  }

  validation {
    condition     = var.mixpanel_connector == null || try(length(var.mixpanel_connector.tables) > 0, false)
    error_message = "mixpanel_connector.tables names at least one table that Mixpanel may read, such as user_insights."
  }
}
