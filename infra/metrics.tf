# Metrics made of the functions' log lines. tests/functions/test_monitoring.py holds the fields to the lines that the
# functions really write.
locals {
  metrics = {
    runs = {
      description = "Finished runs, by job and status"
      filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"run_finished\""
      labels      = ["job", "status"]
      value       = null
    }
    run_seconds = {
      description = "Duration of a run"
      filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"run_finished\""
      labels      = ["job"]
      value       = "seconds"
    }
    run_lag = {
      description = "Seconds between the end of a good run and the event time up to which it has read"
      filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"run_finished\" AND jsonPayload.lag>=0"
      labels      = ["job"]
      value       = "lag"
    }
    run_bytes_billed = {
      description = "Bytes that BigQuery billed for a run"
      filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"run_finished\" AND jsonPayload.bytes_billed>=1"
      labels      = ["job"]
      value       = "bytes_billed"
    }
    job_age = {
      description = "Seconds since the start of a job's last good run, as the detector reports them"
      filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"job_age\""
      labels      = ["job"]
      value       = "age_seconds"
    }
    user_sync_delivery_failed = {
      description = "Attempts to send user totals that failed or were refused"
      filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"user_sync_delivery_failed\""
      labels      = []
      value       = null
    }
    slack_delivery_failed = {
      description = "Messages that Slack did not accept"
      filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"slack_delivery_failed\""
      labels      = []
      value       = null
    }
  }
}

# The buckets of a value.
locals {
  # From 0.1 s to more than two months, each bound a tenth above the one before.
  seconds = { unit = "s", first = 0.1, growth = 1.1, buckets = 190 }
  scales = {
    seconds     = local.seconds
    lag         = local.seconds
    age_seconds = local.seconds
    # From the 10 MB that BigQuery bills at least, to more than 100 TB.
    bytes_billed = { unit = "By", first = 10485760, growth = 2, buckets = 24 }
  }
}

resource "google_logging_metric" "metric" {
  for_each = local.metrics

  name             = "mixpanel_data_${each.key}"
  description      = each.value.description
  filter           = each.value.filter
  value_extractor  = each.value.value == null ? null : "EXTRACT(jsonPayload.${each.value.value})"
  label_extractors = { for label in each.value.labels : label => "EXTRACT(jsonPayload.${label})" }
  depends_on       = [google_project_service.api]

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = each.value.value == null ? "INT64" : "DISTRIBUTION"
    unit        = each.value.value == null ? "1" : local.scales[each.value.value].unit

    dynamic "labels" {
      for_each = each.value.labels

      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = each.value.value == null ? [] : [1]

    content {
      exponential_buckets {
        num_finite_buckets = local.scales[each.value.value].buckets
        growth_factor      = local.scales[each.value.value].growth
        scale              = local.scales[each.value.value].first
      }
    }
  }
}

# Cloud Monitoring refuses a policy on a metric that it does not know yet, and learns of a new one only after a while.
resource "time_sleep" "metrics_known" {
  create_duration = "180s"
  triggers        = { for name, metric in google_logging_metric.metric : name => metric.id }
}
