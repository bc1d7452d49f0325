# Mixpanel's warehouse connector reads tables as a Google account that Mixpanel owns. Without one of the two variables,
# nothing of this exists.
locals {
  # The tables of the identity graph whose rows change only where the graph does, as mirror mode needs it.
  mirrored = toset(["current_identity_graph", "identity_associations", "identity_permutations"])

  connectors = merge(
    var.mixpanel_connector == null ? {} : {
      mixpanel = {
        member = "serviceAccount:project-${var.mixpanel_connector.project_id}@mixpanel-warehouse-1.iam.gserviceaccount.com"
        tables = var.mixpanel_connector.tables
        mirror = var.mixpanel_connector.mirror
      }
    },
    var.mixpanel_member == null ? {} : { mixpanel = { member = var.mixpanel_member, tables = local.mirrored, mirror = true } },
  )
}

resource "google_project_iam_member" "connector_queries" {
  for_each = local.connectors

  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = each.value.member

  depends_on = [google_project_service.api]

  lifecycle {
    precondition {
      condition     = var.mixpanel_connector == null || var.mixpanel_member == null
      error_message = "mixpanel_connector and mixpanel_member are both set. Keep mixpanel_connector, with mirror = true and these tables besides its own: ${join(", ", local.mirrored)}."
    }
  }
}

resource "google_bigquery_table_iam_member" "connector_reads" {
  for_each = toset(flatten([for one in local.connectors : tolist(one.tables)]))

  dataset_id = google_bigquery_dataset.data.dataset_id
  table_id   = try(local.tables[each.key].table_id, each.key)
  role       = "roles/bigquery.dataViewer"
  member     = local.connectors["mixpanel"].member

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
  member     = local.connectors[each.key].member
}
