# What a function needs is said once, in functions.json; every file here goes over this list.
locals {
  functions = jsondecode(file("${path.module}/functions.json")).functions

  secrets = toset(flatten([for function in local.functions : function.secrets]))

  # A function reads what it writes.
  table_grants = merge([
    for name, function in local.functions : merge(
      { for table in function.reads : "${name}/${table}" => { function = name, table = table, role = "roles/bigquery.dataViewer" } },
      { for table in function.writes : "${name}/${table}" => { function = name, table = table, role = "roles/bigquery.dataEditor" } },
    )
  ]...)

  secret_grants = merge([
    for name, function in local.functions : {
      for secret in function.secrets : "${name}/${secret}" => { function = name, secret = secret }
    }
  ]...)

  labels = merge(var.labels, { app = "mixpanel-data", environment = var.environment })
}
