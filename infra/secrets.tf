# Containers and who may read them; their versions never pass through Terraform, whose state would keep them.
resource "google_secret_manager_secret" "secret" {
  for_each = local.secrets

  secret_id  = replace(lower(each.key), "_", "-")
  depends_on = [google_project_service.api]

  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_iam_member" "function" {
  for_each = local.secret_grants

  secret_id = google_secret_manager_secret.secret[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}
