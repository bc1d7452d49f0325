locals {
  charts = [
    {
      title   = "Runs by job and status"
      metric  = "runs"
      aligner = "ALIGN_DELTA"
      reducer = "REDUCE_SUM"
      by      = ["metric.label.job", "metric.label.status"]
    },
    {
      title   = "Job age: seconds since the start of the last good run"
      metric  = "job_age"
      aligner = "ALIGN_DELTA"
      reducer = "REDUCE_PERCENTILE_50"
      by      = ["metric.label.job"]
    },
    {
      title   = "Run duration in seconds, 95th percentile"
      metric  = "run_seconds"
      aligner = "ALIGN_DELTA"
      reducer = "REDUCE_PERCENTILE_95"
      by      = ["metric.label.job"]
    },
    {
      title   = "Lag: seconds between the end of a run and the event time up to which it has read"
      metric  = "run_lag"
      aligner = "ALIGN_DELTA"
      reducer = "REDUCE_PERCENTILE_05"
      by      = ["metric.label.job"]
    },
    {
      title   = "Messages that Slack did not accept"
      metric  = "slack_delivery_failed"
      aligner = "ALIGN_DELTA"
      reducer = "REDUCE_SUM"
      by      = []
    },
    {
      title   = "User totals that could not be sent"
      metric  = "user_sync_delivery_failed"
      aligner = "ALIGN_DELTA"
      reducer = "REDUCE_SUM"
      by      = []
    },
  ]

  # The sum of a distribution's values, which only PromQL takes: of its name, letters and _ stay as they are.
  bytes_billed = "logging_googleapis_com:user_mixpanel_data_run_bytes_billed_sum{monitored_resource=\"cloud_run_revision\"}"
}

resource "google_monitoring_dashboard" "jobs" {
  depends_on = [time_sleep.metrics_known]

  dashboard_json = jsonencode({
    displayName = "mixpanel-data"
    gridLayout = {
      columns = "2"
      widgets = concat([
        for chart in local.charts : {
          title = chart.title
          xyChart = {
            dataSets = [{
              plotType = "LINE"
              timeSeriesQuery = {
                timeSeriesFilter = {
                  filter = local.metric_filter[chart.metric]
                  aggregation = {
                    alignmentPeriod    = "300s"
                    perSeriesAligner   = chart.aligner
                    crossSeriesReducer = chart.reducer
                    groupByFields      = chart.by
                  }
                }
              }
            }]
          }
        }
        ], [{
          title = "Bytes that BigQuery billed in 24 hours, by job"
          xyChart = {
            dataSets = [{
              plotType = "LINE"
              timeSeriesQuery = {
                prometheusQuery = "sum by (job) (increase(${local.bytes_billed}[1d]))"
                unitOverride    = "By"
              }
            }]
          }
      }])
    }
  })
}
