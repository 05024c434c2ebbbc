terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.40"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.6"
    }
  }

  backend "s3" {
    bucket = "example-terraform-state"
    key    = "reports/prod.tfstate"
    region = "eu-west-3"
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project = "reports"
      Owner   = "data"
    }
  }
}

variable "region" {
  type    = string
  default = "eu-west-3"
}

variable "environment" {
  type    = string
  default = "prod"
}

variable "datadog_api_key" {
  type      = string
  sensitive = true
  default   = ""
}

@@CONTEXT@@

resource "random_password" "db" {
  length  = 24
  special = false
}

resource "aws_db_instance" "reports" {
  identifier          = "reports-${var.environment}"
  engine              = "postgres"
  engine_version      = "16.2"
  instance_class      = "db.t4g.small"
  allocated_storage   = 20
  username            = "reports"
  password            = random_password.db.result
  skip_final_snapshot = true
}

resource "aws_s3_bucket" "exports" {
  bucket = "example-reports-exports"
}

resource "aws_s3_bucket_lifecycle_configuration" "exports" {
  bucket = aws_s3_bucket.exports.id

  rule {
    id     = "expire"
    status = "Enabled"

    expiration {
      days = 30
    }
  }
}

resource "aws_cloudwatch_log_group" "reports" {
  name              = "/aws/lambda/reports"
  retention_in_days = 14
}

output "bucket" {
  value = aws_s3_bucket.exports.bucket
}

output "db_endpoint" {
  value = aws_db_instance.reports.endpoint
}
