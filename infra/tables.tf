locals {
  schemas = "${path.module}/../shared/mixpanel_data/warehouse/schemas"

  # The library declares its tables as BigQuery REST resources, each in a file that bears the table's name.
  declared = { for path in fileset(local.schemas, "*.json") : trimsuffix(path, ".json") => jsondecode(file("${local.schemas}/${path}")) }

  # Runs add columns to these tables, as the user's configuration asks for them.
  growing = toset(["user_daily_metrics", "user_insights"])

  tables = merge(google_bigquery_table.fixed, google_bigquery_table.growing)

  # A function can read the tables that it writes.
  table_grants = merge([
    for name, function in local.functions : merge(
      { for table in function.reads : "${name}/${table}" => { function = name, table = table, role = "roles/bigquery.dataViewer" } },
      { for table in function.writes : "${name}/${table}" => { function = name, table = table, role = "roles/bigquery.dataEditor" } },
    )
  ]...)
}

resource "google_bigquery_table" "fixed" {
  #checkov:skip=CKV_GCP_80:Google's own keys encrypt it; an organisation chooses and rotates keys of its own
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
      error_message = "events_table is ${var.events_table}, but another table already has that name. Choose a different name."
    }
  }
}

# A resource of its own, because `ignore_changes` cannot differ between the instances of one resource.
resource "google_bigquery_table" "growing" {
  #checkov:skip=CKV_GCP_80:Google's own keys encrypt it; an organisation chooses and rotates keys of its own
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
      error_message = "events_table is ${var.events_table}, but another table already has that name. Choose a different name."
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

# A table that the project no longer uses: Terraform forgets it and leaves it where it is, because destroying it would
# fail for its deletion_protection. README.md says how to drop it. A `removed` block cannot name one instance of a
# resource, so the instance first moves to an address that only the block names.
moved {
  from = google_bigquery_table.fixed["job_leases"]
  to   = google_bigquery_table.retired["job_leases"]
}

removed {
  from = google_bigquery_table.retired

  lifecycle {
    destroy = false
  }
}
