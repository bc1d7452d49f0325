# deploy.sh reads these.

output "project_id" {
  description = "The Google Cloud project."
  value       = var.project_id
}

output "region" {
  description = "The region of functions and schedule."
  value       = var.region
}

output "bigquery_location" {
  description = "BIGQUERY_LOCATION of the functions."
  value       = var.bigquery_location
}

output "dataset" {
  description = "BIGQUERY_DATASET of the functions."
  value       = google_bigquery_dataset.data.dataset_id
}

output "staging_dataset" {
  description = "The only dataset in which a function may create tables."
  value       = google_bigquery_dataset.staging.dataset_id
}

output "events_table" {
  description = "BIGQUERY_TABLE of the functions."
  value       = var.events_table
}

output "function_accounts" {
  description = "The e-mail address of each function's account, by the function's name."
  value       = { for name, account in google_service_account.function : name => account.email }
}

output "scheduler_account" {
  description = "The e-mail address of the account that calls the functions."
  value       = google_service_account.scheduler.email
}

output "builds_account" {
  description = "The e-mail address of the account that builds the functions."
  value       = google_service_account.builds.email
}

output "repository" {
  description = "The repository for the functions' images, as gcloud takes it."
  value       = "projects/${var.project_id}/locations/${var.region}/repositories/${google_artifact_registry_repository.functions.repository_id}"
}

output "config_bucket" {
  description = "The bucket for configuration files."
  value       = google_storage_bucket.config.name
}

output "secrets" {
  description = "The id of each secret, by the environment variable that a function gets it as."
  value       = { for variable, secret in google_secret_manager_secret.secret : variable => secret.secret_id }
}

output "notification_channels" {
  description = "The channels that hear of a job that fails, is late, or cannot deliver."
  value       = local.notification_channels

  precondition {
    condition     = length(local.notification_channels) > 0
    error_message = "No alert would reach anybody. Set alert_email or notification_channels."
  }
}
