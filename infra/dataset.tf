resource "google_bigquery_dataset" "data" {
  #checkov:skip=CKV_GCP_81:Google's own keys encrypt it; an organisation chooses and rotates keys of its own
  dataset_id  = var.dataset
  location    = var.bigquery_location
  description = "Mixpanel events, and what the jobs of mixpanel-data derive from them"

  delete_contents_on_destroy = false
  depends_on                 = [google_project_service.api]
}

resource "google_bigquery_dataset" "staging" {
  #checkov:skip=CKV_GCP_81:Google's own keys encrypt it; an organisation chooses and rotates keys of its own
  dataset_id                  = "${var.dataset}_staging"
  location                    = var.bigquery_location
  description                 = "Data that runs are reading; a run drops its tables, and what a killed run leaves expires after a day"
  default_table_expiration_ms = 86400000
  depends_on                  = [google_project_service.api]
}

# Only here can a function create tables.
resource "google_bigquery_dataset_iam_member" "staging" {
  for_each = { for name, function in local.functions : name => function if function.uses_staging }

  dataset_id = google_bigquery_dataset.staging.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.function[each.key].member
}
