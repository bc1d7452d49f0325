# Each folder of functions/ describes its function in function.json; every file here goes over this map.
locals {
  folders   = "${path.module}/../functions"
  functions = { for path in fileset(local.folders, "*/function.json") : dirname(path) => jsondecode(file("${local.folders}/${path}")) }
}

resource "google_service_account" "function" {
  for_each = local.functions

  account_id   = each.key
  display_name = "Runs the function ${each.key}"
  depends_on   = [google_project_service.api]
}

# A query is a job of the project, so this right cannot be granted on less. What a job may read and write is granted on
# single tables, datasets, secrets and buckets.
resource "google_project_iam_member" "function_queries" {
  for_each = local.functions

  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.function[each.key].member
}
