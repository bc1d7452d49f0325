resource "google_storage_bucket" "config" {
  #checkov:skip=CKV_GCP_62:it holds no personal data; its versions and the admin activity log show who changed a file
  name                        = coalesce(var.config_bucket, "${var.project_id}-mixpanel-data-config")
  location                    = var.bigquery_location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  depends_on                  = [google_project_service.api]

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      num_newer_versions = 20
      with_state         = "ARCHIVED"
    }
  }
}

resource "google_storage_bucket_iam_member" "function" {
  for_each = local.functions

  bucket = google_storage_bucket.config.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.function[each.key].member
}
