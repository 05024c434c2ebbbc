//! The shapes of GitLab's report of secret detection, as far as they are
//! written; the names are those of its schema, version 15.1.0.

use std::collections::BTreeMap;

use serde::Serialize;

/// The version of the schema that a report says it follows. GitLab takes any
/// it knows of the same major and minor version.
pub(super) const VERSION: &str = "15.1.0";

/// Where that schema is published.
pub(super) const SCHEMA: &str = "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/v15.1.0/dist/secret-detection-report-format.json";

#[derive(Serialize)]
pub(super) struct Document {
    pub(super) version: &'static str,
    pub(super) schema: &'static str,
    pub(super) scan: Scan,
    pub(super) vulnerabilities: Vec<Vulnerability>,
}

#[derive(Serialize)]
pub(super) struct Scan {
    pub(super) analyzer: Tool,
    pub(super) scanner: Tool,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) start_time: String,
    pub(super) end_time: String,
    pub(super) status: &'static str,
    pub(super) messages: Vec<Message>,
}

#[derive(Clone, Serialize)]
pub(super) struct Tool {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) vendor: Vendor,
    pub(super) version: String,
}

#[derive(Clone, Serialize)]
pub(super) struct Vendor {
    pub(super) name: &'static str,
}

#[derive(Serialize)]
pub(super) struct Message {
    pub(super) level: &'static str,
    pub(super) value: String,
}

#[derive(Serialize)]
pub(super) struct Vulnerability {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) severity: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) solution: String,
    pub(super) identifiers: Vec<Identifier>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) links: Vec<Link>,
    pub(super) location: Location,
    pub(super) details: BTreeMap<&'static str, Detail>,
}

#[derive(Serialize)]
pub(super) struct Identifier {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct Link {
    pub(super) url: String,
}

#[derive(Serialize)]
pub(super) struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    pub(super) commit: Commit,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_line: Option<u64>,
}

#[derive(Serialize)]
pub(super) struct Commit {
    pub(super) sha: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) date: Option<String>,
}

/// A line of the page about a vulnerability.
#[derive(Serialize)]
pub(super) struct Detail {
    pub(super) name: &'static str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) items: Option<Vec<Item>>,
}

/// One of a list of places.
#[derive(Serialize)]
pub(super) struct Item {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line_start: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line_end: Option<u64>,
}
