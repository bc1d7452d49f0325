# deploy.sh lets this account call each function, because the right is one on the deployed function.
resource "google_service_account" "scheduler" {
  account_id   = "mixpanel-data-scheduler"
  display_name = "Calls the functions of mixpanel-data"
  depends_on   = [google_project_service.api]
}
