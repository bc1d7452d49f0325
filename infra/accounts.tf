resource "google_service_account" "function" {
  for_each = local.functions

  account_id   = each.key
  display_name = "Runs the function ${each.key}"
  depends_on   = [google_project_service.api]
}

resource "google_service_account" "scheduler" {
  account_id   = "mixpanel-data-scheduler"
  display_name = "Calls the functions of mixpanel-data"
  depends_on   = [google_project_service.api]
}

resource "google_service_account" "builds" {
  account_id   = "mixpanel-data-builds"
  display_name = "Builds the functions of mixpanel-data"
  depends_on   = [google_project_service.api]
}

# Everything that is granted on the project itself; all else is granted on a table, a dataset, a secret, a bucket.

resource "google_project_iam_member" "function_queries" {
  for_each = local.functions

  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.function[each.key].member
}

resource "google_project_iam_member" "builds_log" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.builds.member
}

resource "google_project_iam_member" "builds_read_sources" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.builds.member

  # Cloud Functions makes these buckets itself, when something is first deployed.
  condition {
    title      = "sources-of-functions"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-\")"
  }
}
