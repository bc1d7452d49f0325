# Properties that an installation must never lose. Nothing is created in any project.

mock_provider "google" {
  mock_resource "google_service_account" {
    defaults = {
      email  = "mock@acme-data.iam.gserviceaccount.com"
      member = "serviceAccount:mock@acme-data.iam.gserviceaccount.com"
    }
  }
}
mock_provider "time" {}

variables {
  project_id  = "acme-data"
  alert_email = "oncall@example.com"
}

run "least_privilege" {
  command = plan

  assert {
    condition     = toset([for one in google_project_iam_member.function_queries : one.role]) == toset(["roles/bigquery.jobUser"])
    error_message = "on the project, a function can start queries and do nothing else"
  }

  assert {
    condition     = keys(google_project_iam_member.function_queries) == keys(local.functions)
    error_message = "every function can start queries, and nobody else can"
  }

  assert {
    condition     = google_project_iam_member.builds_log.role == "roles/logging.logWriter" && google_project_iam_member.builds_read_sources.role == "roles/storage.objectViewer"
    error_message = "on the project, builds can write logs and read sources, and do nothing else"
  }

  assert {
    condition     = one(google_project_iam_member.builds_read_sources.condition).expression == "resource.name.startsWith(\"projects/_/buckets/gcf-v2-\")"
    error_message = "builds read only the buckets of Cloud Functions"
  }

  assert {
    condition     = alltrue([for one in google_bigquery_table_iam_member.function : contains(["roles/bigquery.dataEditor", "roles/bigquery.dataViewer"], one.role)])
    error_message = "a function edits or reads a table, and owns none"
  }

  assert {
    condition     = [for key, one in google_bigquery_table_iam_member.function : key if one.table_id == "mixpanel_events" && one.role == "roles/bigquery.dataEditor"] == ["collector/mixpanel_events"]
    error_message = "only the collector writes events"
  }

  assert {
    condition     = alltrue([for one in google_bigquery_dataset_iam_member.staging : one.dataset_id == "mixpanel_data_staging" && one.role == "roles/bigquery.dataEditor"])
    error_message = "functions create tables only in the staging dataset"
  }

  assert {
    condition     = !contains([for grant in values(local.secret_grants) : grant.secret if grant.function == "detector"], "MIXPANEL_API_SECRET") && !contains([for grant in values(local.secret_grants) : grant.secret if grant.function == "collector"], "SLACK_BOT_TOKEN")
    error_message = "a function reads only the secrets that it uses"
  }

  assert {
    condition     = alltrue([for one in google_storage_bucket_iam_member.function : one.role == "roles/storage.objectViewer"])
    error_message = "a function reads the configuration and cannot change it"
  }

  assert {
    condition     = length(google_project_iam_member.connector_queries) + length(google_bigquery_table_iam_member.connector_reads) + length(google_bigquery_dataset.connector) == 0
    error_message = "Mixpanel's connector gets no rights unless they are asked for"
  }
}

run "tables" {
  command = plan

  assert {
    condition     = one(google_bigquery_table.fixed["mixpanel_events"].time_partitioning).field == "event_timestamp" && one(google_bigquery_table.fixed["mixpanel_events"].time_partitioning).type == "DAY"
    error_message = "events are partitioned by the day of the event"
  }

  assert {
    condition     = google_bigquery_table.fixed["mixpanel_events"].require_partition_filter
    error_message = "no query can read all events by mistake"
  }

  assert {
    condition     = google_bigquery_table.fixed["mixpanel_events"].clustering == tolist(["event_name", "distinct_id"])
    error_message = "events are clustered by name and person"
  }

  assert {
    condition     = setunion(keys(google_bigquery_table.fixed), keys(google_bigquery_table.growing)) == toset(keys(local.declared))
    error_message = "every declared table is created"
  }

  assert {
    condition     = alltrue([for table in local.tables : table.deletion_protection])
    error_message = "tables are protected by default"
  }
}

run "privacy" {
  command = plan

  assert {
    condition     = google_storage_bucket.config.public_access_prevention == "enforced" && google_storage_bucket.config.uniform_bucket_level_access
    error_message = "the configuration is never public"
  }

  assert {
    condition     = one(google_storage_bucket.config.versioning).enabled
    error_message = "earlier configurations can be restored"
  }

  assert {
    condition     = one(google_bigquery_table.fixed["rejected_events"].time_partitioning).expiration_ms == 7776000000
    error_message = "rejected lines, which can hold anything, are kept for 90 days"
  }

  assert {
    condition     = google_bigquery_dataset.staging.default_table_expiration_ms == 86400000
    error_message = "staged data is gone after a day"
  }

  assert {
    condition     = !google_bigquery_dataset.data.delete_contents_on_destroy
    error_message = "a dataset that has tables is not deleted"
  }
}

# The members of grants are known only once the accounts exist, so this run applies; mock providers create nothing.
run "members" {
  command = apply

  assert {
    condition = alltrue([
      for one in concat(
        values(google_bigquery_table_iam_member.function), values(google_bigquery_dataset_iam_member.staging),
        values(google_secret_manager_secret_iam_member.function), values(google_storage_bucket_iam_member.function),
        values(google_project_iam_member.function_queries),
        [google_project_iam_member.builds_log, google_project_iam_member.builds_read_sources],
      ) : one.member == "serviceAccount:mock@acme-data.iam.gserviceaccount.com"
    ])
    error_message = "rights go only to the project's own accounts, never to people or to everybody"
  }
}

run "connector" {
  command = plan

  variables {
    mixpanel_connector = { project_id = "2195193", tables = ["event_minutes"], mirror = true }
  }

  assert {
    condition     = google_bigquery_table_iam_member.connector_reads["event_minutes"].member == "serviceAccount:project-2195193@mixpanel-warehouse-1.iam.gserviceaccount.com"
    error_message = "the member is Mixpanel's account for this Mixpanel project"
  }

  assert {
    condition     = keys(google_bigquery_table_iam_member.connector_reads) == ["event_minutes"]
    error_message = "Mixpanel reads only the tables that it is given"
  }

  assert {
    condition     = google_bigquery_dataset_iam_member.connector_owns["mixpanel"].dataset_id == "mixpanel"
    error_message = "Mixpanel owns only the dataset for its snapshots"
  }
}

run "mirror_of_the_identity_graph" {
  command = plan

  variables {
    mixpanel_member = "serviceAccount:project-2195193@mixpanel-warehouse-1.iam.gserviceaccount.com"
  }

  assert {
    condition     = keys(google_bigquery_table_iam_member.connector_reads) == ["current_identity_graph", "identity_associations", "identity_permutations"]
    error_message = "Mixpanel reads only the tables that it mirrors"
  }

  assert {
    condition     = alltrue([for one in google_bigquery_table_iam_member.connector_reads : one.role == "roles/bigquery.dataViewer" && one.member == var.mixpanel_member])
    error_message = "Mixpanel reads the tables that it mirrors, and changes none"
  }

  assert {
    condition     = google_project_iam_member.connector_queries["mixpanel"].role == "roles/bigquery.jobUser"
    error_message = "on the project, Mixpanel can start queries and do nothing else"
  }

  assert {
    condition     = google_bigquery_dataset.connector["mixpanel"].dataset_id == "mixpanel" && google_bigquery_dataset.connector["mixpanel"].location == google_bigquery_dataset.data.location
    error_message = "the dataset for Mixpanel's snapshots lies beside the tables"
  }

  assert {
    condition     = google_bigquery_dataset_iam_member.connector_owns["mixpanel"].dataset_id == "mixpanel" && google_bigquery_dataset_iam_member.connector_owns["mixpanel"].member == var.mixpanel_member
    error_message = "Mixpanel owns only the dataset for its snapshots"
  }
}

run "two_connectors" {
  command = plan

  variables {
    mixpanel_connector = { project_id = "2195193", tables = ["event_minutes"] }
    mixpanel_member    = "serviceAccount:project-2195193@mixpanel-warehouse-1.iam.gserviceaccount.com"
  }

  expect_failures = [google_project_iam_member.connector_queries]
}

run "member_is_no_account" {
  command = plan

  variables {
    mixpanel_member = "project-2195193@mixpanel-warehouse-1.iam.gserviceaccount.com"
  }

  expect_failures = [var.mixpanel_member]
}

run "an_alert_reaches_nobody" {
  command = plan

  variables {
    alert_email = null
  }

  expect_failures = [output.notification_channels]
}

run "events_table_has_the_name_of_another" {
  command = plan

  variables {
    events_table = "job_runs"
  }

  expect_failures = [google_bigquery_table.fixed]
}

run "project_is_empty" {
  command = plan

  variables {
    project_id = ""
  }

  expect_failures = [var.project_id]
}
