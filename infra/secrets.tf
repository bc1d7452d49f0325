locals {
  secrets = toset(flatten([for function in local.functions : function.secrets]))

  secret_grants = merge([
    for name, function in local.functions : {
      for secret in function.secrets : "${name}/${secret}" => { function = name, secret = secret }
    }
  ]...)
}

# Secrets without versions: a version that passed through Terraform would be readable in its state.
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
