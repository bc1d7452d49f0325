terraform {
  required_version = ">= 1.7"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.50, < 8.0"
    }
    time = {
      source  = "hashicorp/time"
      version = ">= 0.9, < 1.0"
    }
  }
}

locals {
  labels = merge(var.labels, { app = "mixpanel-data", environment = var.environment })
}

provider "google" {
  project        = var.project_id
  region         = var.region
  default_labels = local.labels
}
