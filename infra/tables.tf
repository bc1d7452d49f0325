locals {
  schemas = "${path.module}/../shared/mixpanel_data/warehouse/schemas"

  # The library's own declarations: BigQuery REST resources, by the table's name in the statements.
  declared = { for path in fileset(local.schemas, "*.json") : trimsuffix(path, ".json") => jsondecode(file("${local.schemas}/${path}")) }

  # Their columns follow what the user configures: a run adds them.
  growing = toset(["user_daily_metrics", "user_insights"])

  tables = merge(google_bigquery_table.fixed, google_bigquery_table.growing)
}

resource "google_bigquery_dataset" "data" {
  #checkov:skip=CKV_GCP_81:Google's own keys encrypt it; a key of one's own is the organisation's to choose and to rotate
  dataset_id  = var.dataset
  location    = var.bigquery_location
  description = "Mixpanel's events and what is known from them"

  delete_contents_on_destroy = false
  depends_on                 = [google_project_service.api]
}

resource "google_bigquery_dataset" "staging" {
  #checkov:skip=CKV_GCP_81:Google's own keys encrypt it; a key of one's own is the organisation's to choose and to rotate
  dataset_id                  = "${var.dataset}_staging"
  location                    = var.bigquery_location
  description                 = "What runs are reading just now; each table ends after a day at the latest"
  default_table_expiration_ms = 86400000
  depends_on                  = [google_project_service.api]
}

resource "google_bigquery_dataset_iam_member" "staging" {
  for_each = { for name, function in local.functions : name => function if function.uses_staging }

  dataset_id = google_bigquery_dataset.staging.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.function[each.key].member
}

resource "google_bigquery_table" "fixed" {
  #checkov:skip=CKV_GCP_80:Google's own keys encrypt it; a key of one's own is the organisation's to choose and to rotate
  for_each = { for name, table in local.declared : name => table if !contains(local.growing, name) }

  dataset_id               = google_bigquery_dataset.data.dataset_id
  table_id                 = each.key == "mixpanel_events" ? var.events_table : each.key
  description              = each.value.description
  schema                   = jsonencode(each.value.schema.fields)
  clustering               = try(each.value.clustering.fields, null)
  require_partition_filter = try(each.value.requirePartitionFilter, null)
  deletion_protection      = var.deletion_protection

  dynamic "time_partitioning" {
    for_each = try([each.value.timePartitioning], [])

    content {
      type          = time_partitioning.value.type
      field         = time_partitioning.value.field
      expiration_ms = try(tonumber(time_partitioning.value.expirationMs), null)
    }
  }

  lifecycle {
    precondition {
      condition     = each.key == "mixpanel_events" || each.key != lower(var.events_table)
      error_message = "events_table is ${var.events_table}, which is another table of ours: give another name."
    }
  }
}

# The same but for their columns: what a lifecycle ignores cannot depend on the table.
resource "google_bigquery_table" "growing" {
  #checkov:skip=CKV_GCP_80:Google's own keys encrypt it; a key of one's own is the organisation's to choose and to rotate
  for_each = { for name, table in local.declared : name => table if contains(local.growing, name) }

  dataset_id               = google_bigquery_dataset.data.dataset_id
  table_id                 = each.key
  description              = each.value.description
  schema                   = jsonencode(each.value.schema.fields)
  clustering               = try(each.value.clustering.fields, null)
  require_partition_filter = try(each.value.requirePartitionFilter, null)
  deletion_protection      = var.deletion_protection

  dynamic "time_partitioning" {
    for_each = try([each.value.timePartitioning], [])

    content {
      type          = time_partitioning.value.type
      field         = time_partitioning.value.field
      expiration_ms = try(tonumber(time_partitioning.value.expirationMs), null)
    }
  }

  lifecycle {
    ignore_changes = [schema]

    precondition {
      condition     = each.key != lower(var.events_table)
      error_message = "events_table is ${var.events_table}, which is another table of ours: give another name."
    }
  }
}

resource "google_bigquery_table_iam_member" "function" {
  for_each = local.table_grants

  dataset_id = google_bigquery_dataset.data.dataset_id
  table_id   = local.tables[each.value.table].table_id
  role       = each.value.role
  member     = google_service_account.function[each.value.function].member
}
