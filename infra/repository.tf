resource "google_artifact_registry_repository" "functions" {
  #checkov:skip=CKV_GCP_84:Google's own keys encrypt it; a key of one's own is the organisation's to choose and to rotate
  repository_id = "mixpanel-data"
  location      = var.region
  format        = "DOCKER"
  description   = "The functions' images"
  depends_on    = [google_project_service.api]

  cleanup_policies {
    id     = "keep-newest"
    action = "KEEP"

    most_recent_versions {
      keep_count = 5
    }
  }

  cleanup_policies {
    id     = "delete-older"
    action = "DELETE"

    condition {
      older_than = "2592000s"
    }
  }
}
