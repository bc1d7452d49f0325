locals {
  # Who reports the ages of all jobs cannot report its own.
  reporter = "detector"
  reported = { for name, function in local.functions : name => function if name != local.reporter }

  metric_filter = {
    for name in keys(local.metrics) :
    name => "resource.type = \"cloud_run_revision\" AND metric.type = \"logging.googleapis.com/user/mixpanel_data_${name}\""
  }

  # A policy looks at a day at most, and for what is absent at half an hour less.
  longest_window_seconds  = 86400
  longest_absence_seconds = 84600

  notification_channels = concat(
    [for channel in google_monitoring_notification_channel.email : channel.id],
    tolist(var.notification_channels),
  )
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_email == null ? {} : { email = var.alert_email }

  display_name = "mixpanel-data: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }
  depends_on   = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "job_fails" {
  for_each = local.functions

  display_name          = "mixpanel-data: ${each.key} fails again and again"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.notification_channels
  user_labels           = local.labels
  depends_on            = [time_sleep.metrics_known]

  conditions {
    display_name = "${var.failures_before_alert} failed runs of ${each.key} within ${min(each.value.stale_after_seconds, local.longest_window_seconds)} s"

    condition_threshold {
      filter          = "${local.metric_filter.runs} AND metric.labels.job = \"${each.key}\" AND metric.labels.status = \"error\""
      comparison      = "COMPARISON_GT"
      threshold_value = var.failures_before_alert - 1
      duration        = "0s"

      aggregations {
        alignment_period     = "${min(each.value.stale_after_seconds, local.longest_window_seconds)}s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  alert_strategy {
    auto_close = "3600s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Each failed run says why: search the logs for `jsonPayload.event=\"run_finished\" jsonPayload.job=\"${each.key}\" jsonPayload.status=\"error\"`, or call `./deploy.sh status`."
  }
}

resource "google_monitoring_alert_policy" "job_is_late" {
  for_each = local.reported

  display_name          = "mixpanel-data: ${each.key} is late"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.notification_channels
  user_labels           = local.labels
  depends_on            = [time_sleep.metrics_known]

  conditions {
    display_name = "the last good run of ${each.key} began more than ${each.value.stale_after_seconds} s ago"

    condition_threshold {
      filter          = "${local.metric_filter.job_age} AND metric.labels.job = \"${each.key}\""
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.stale_after_seconds
      duration        = "0s"

      aggregations {
        alignment_period     = "600s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_PERCENTILE_50"
      }
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = "No run of ${each.key} has ended well for that long: it fails, is not called, or takes too long. `./deploy.sh status` shows its last runs, the page of Cloud Scheduler whether it is called."
  }
}

resource "google_monitoring_alert_policy" "detector_is_absent" {
  display_name          = "mixpanel-data: the ${local.reporter} is absent"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.notification_channels
  user_labels           = local.labels
  depends_on            = [time_sleep.metrics_known]

  conditions {
    display_name = "no run of the ${local.reporter} got to its end for ${local.functions[local.reporter].stale_after_seconds} s"

    condition_absent {
      filter   = local.metric_filter.job_age
      duration = "${local.functions[local.reporter].stale_after_seconds}s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Nobody watches the events, and nobody watches the other jobs: look at the ${local.reporter}'s logs and at Cloud Scheduler."
  }

  lifecycle {
    precondition {
      condition     = local.functions[local.reporter].stale_after_seconds <= local.longest_absence_seconds
      error_message = "The ${local.reporter} can be watched for at most ${local.longest_absence_seconds} s: lower its stale_after_seconds in functions.json."
    }
  }
}

resource "google_monitoring_alert_policy" "delivery_fails" {
  for_each = {
    slack_delivery_failed     = "Slack does not take messages"
    user_sync_delivery_failed = "totals of users do not reach their target"
  }

  display_name          = "mixpanel-data: ${each.value}"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.notification_channels
  user_labels           = local.labels
  depends_on            = [time_sleep.metrics_known]

  conditions {
    display_name = "a delivery failed"

    condition_threshold {
      filter          = local.metric_filter[each.key]
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  alert_strategy {
    auto_close = "3600s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = "What is not delivered waits, and nobody has it. The log says what was answered: search for `jsonPayload.event=\"${each.key}\"`."
  }
}
