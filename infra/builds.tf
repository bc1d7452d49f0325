resource "google_service_account" "builds" {
  account_id   = "mixpanel-data-builds"
  display_name = "Builds the functions of mixpanel-data"
  depends_on   = [google_project_service.api]
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

  # Cloud Functions creates these buckets at the first deployment, so they cannot be named here.
  condition {
    title      = "sources-of-functions"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-\")"
  }
}

# `./deploy.sh setup`, or step 5 of README.md, lets the builds push to it.
resource "google_artifact_registry_repository" "functions" {
  #checkov:skip=CKV_GCP_84:Google's own keys encrypt it; an organisation chooses and rotates keys of its own
  repository_id = "mixpanel-data"
  location      = var.region
  format        = "DOCKER"
  description   = "Container images of the functions"
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
