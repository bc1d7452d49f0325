locals {
  # The detector reports how old each job's last good run is. It cannot report its own, so its absence is watched instead.
  reporter = "detector"
  reported = { for name, function in local.functions : name => function if name != local.reporter }

  metric_filter = {
    for name in keys(local.metrics) :
    name => "resource.type = \"cloud_run_revision\" AND metric.type = \"logging.googleapis.com/user/mixpanel_data_${name}\""
  }

  # The longest times that a policy of Cloud Monitoring can look back: over a threshold, and for an absence.
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

  display_name          = "mixpanel-data: ${each.key} keeps failing"
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
    content   = "Each failed run logs its reason. Search the logs for `jsonPayload.event=\"run_finished\" jsonPayload.job=\"${each.key}\" jsonPayload.status=\"error\"`, or run `./deploy.sh status`."
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
    display_name = "the last good run of ${each.key} started more than ${each.value.stale_after_seconds} s ago"

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
    content   = "For that long, no run of ${each.key} has succeeded: its runs fail, take too long, or nothing calls it. `./deploy.sh status` shows its last runs. The Cloud Scheduler page shows whether it is called."
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
    display_name = "no run of the ${local.reporter} has finished for ${local.functions[local.reporter].stale_after_seconds} s"

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
    content   = "Nothing watches the events or the other jobs now. Look at the logs of the ${local.reporter}, and at Cloud Scheduler."
  }

  lifecycle {
    precondition {
      condition     = local.functions[local.reporter].stale_after_seconds <= local.longest_absence_seconds
      error_message = "An absence of the ${local.reporter} can be watched for at most ${local.longest_absence_seconds} s. Lower stale_after_seconds in functions/${local.reporter}/function.json."
    }
  }
}

resource "google_monitoring_alert_policy" "delivery_fails" {
  for_each = {
    slack_delivery_failed     = "Slack does not accept messages"
    user_sync_delivery_failed = "user totals do not reach their target"
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
    content   = "What could not be delivered waits for the next run. The log has the reason: search for `jsonPayload.event=\"${each.key}\"`."
  }
}
