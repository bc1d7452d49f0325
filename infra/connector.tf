# Mixpanel's warehouse connector reads tables as a Google account that Mixpanel owns. Without the variable, nothing of
# this exists.
locals {
  connectors       = var.mixpanel_connector == null ? {} : { mixpanel = var.mixpanel_connector }
  connector_member = { for name, one in local.connectors : name => "serviceAccount:project-${one.project_id}@mixpanel-warehouse-1.iam.gserviceaccount.com" }
}

resource "google_project_iam_member" "connector_queries" {
  for_each = local.connectors

  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = local.connector_member[each.key]

  depends_on = [google_project_service.api]
}

resource "google_bigquery_table_iam_member" "connector_reads" {
  for_each = toset(flatten([for one in local.connectors : tolist(one.tables)]))

  dataset_id = google_bigquery_dataset.data.dataset_id
  table_id   = try(local.tables[each.key].table_id, each.key)
  role       = "roles/bigquery.dataViewer"
  member     = local.connector_member["mixpanel"]

  lifecycle {
    precondition {
      condition     = contains(keys(local.declared), each.key)
      error_message = "mixpanel_connector.tables names ${each.key}. Give some of: ${join(", ", keys(local.declared))}."
    }
  }
}

# In mirror mode Mixpanel keeps snapshots in a dataset of exactly this name, beside the tables that it reads.
resource "google_bigquery_dataset" "connector" {
  #checkov:skip=CKV_GCP_81:Google's own keys encrypt it; an organisation chooses and rotates keys of its own
  for_each = { for name, one in local.connectors : name => one if one.mirror }

  dataset_id  = "mixpanel"
  location    = var.bigquery_location
  description = "Snapshots of Mixpanel's warehouse connector, in mirror mode"
  depends_on  = [google_project_service.api]

  lifecycle {
    precondition {
      condition     = var.dataset != "mixpanel"
      error_message = "Mirror mode needs the dataset name mixpanel for itself, and var.dataset is the same. Give dataset another name."
    }
  }
}

resource "google_bigquery_dataset_iam_member" "connector_owns" {
  for_each = google_bigquery_dataset.connector

  dataset_id = each.value.dataset_id
  role       = "roles/bigquery.dataOwner"
  member     = local.connector_member[each.key]
}
