//! Jira: one issue for a secret, found again by its label, and a comment for
//! everything that happens later. Nothing is moved from one status to another:
//! that is the project's own process.
//!
//! Jira in the cloud takes a document of nodes (`format::document`) and an
//! e-mail address with a token; one's own Jira takes wiki markup and a token.

mod format;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Receipt, Reference, Undelivered,
    alert::Alert,
    answer,
    escape::shorten,
    page::Page,
    request::{Carrier, Header, Place, Request},
};

/// The most characters of a summary.
const LONGEST_SUMMARY: usize = 255;

#[derive(Clone, Debug)]
pub(super) struct Jira {
    /// The site, without a slash at its end.
    pub(super) url: String,
    /// An e-mail address: then it is Jira in the cloud.
    pub(super) user: Option<String>,
    pub(super) token: Reference,
    pub(super) project: String,
    pub(super) issue_type: String,
}

#[derive(Deserialize)]
struct Found {
    issues: Vec<Issue>,
}

#[derive(Deserialize)]
struct Issue {
    key: String,
    #[serde(default)]
    fields: Value,
}

impl Jira {
    pub(super) fn deliver(
        &self,
        carrier: &Carrier<'_>,
        alert: &Alert,
        page: &Page,
    ) -> Result<Receipt, Undelivered> {
        let found: Found = self.ask(carrier, self.search(alert))?;
        let Some(issue) = found.issues.into_iter().next() else {
            let issue: Issue = self.ask(carrier, self.create(alert, page))?;
            return self.receipt("opened issue", &issue.key);
        };
        let key = checked(&issue.key)?;
        // The letter may have arrived before, and the answer been lost.
        let told = |text: &Value| text.to_string().contains(&alert.delivery);
        if told(&issue.fields) {
            return self.receipt("it was told already in issue", key);
        }
        let comments: Value = self.ask(carrier, self.comments(key))?;
        if told(&comments) {
            return self.receipt("it was told already in issue", key);
        }
        let _: Value = self.ask(carrier, self.comment(key, alert, page))?;
        self.receipt("commented on issue", key)
    }

    pub(super) fn preview(&self, alert: &Alert, page: &Page) -> String {
        format!(
            "1. is there an issue for it already?\n{}\n2. if there is none:\n{}\n3. if there is \
             one that does not say it:\n{}",
            self.search(alert).shown(),
            self.create(alert, page).shown(),
            self.comment("<KEY>", alert, page).shown(),
        )
    }

    fn is_cloud(&self) -> bool {
        self.user.is_some()
    }

    fn request(&self, method: &'static str, path: &str) -> Request {
        let version = if self.is_cloud() { 3 } else { 2 };
        let to = Place::Plain(format!("{}/rest/api/{version}/{path}", self.url));
        let login = match &self.user {
            Some(user) => Header::Basic(user.clone(), self.token.clone()),
            None => Header::Bearer(self.token.clone()),
        };
        Request::new(method, to)
            .header("Authorization", login)
            .header("Accept", Header::Plain("application/json".to_owned()))
    }

    fn search(&self, alert: &Alert) -> Request {
        let path = if self.is_cloud() { "search/jql" } else { "search" };
        let jql = format!(
            "project = \"{}\" AND labels = \"{}\" ORDER BY created ASC",
            self.project,
            label(alert)
        );
        let body = json!({"jql": jql, "maxResults": 1, "fields": ["description"]});
        self.request("POST", path).json(body.to_string())
    }

    fn create(&self, alert: &Alert, page: &Page) -> Request {
        let body = json!({"fields": {
            "project": {"key": self.project},
            "issuetype": {"name": self.issue_type},
            "summary": shorten(&page.title, LONGEST_SUMMARY),
            "description": self.text(alert, page, false),
            "labels": ["leeward", label(alert)],
        }});
        self.request("POST", "issue").json(body.to_string())
    }

    fn comments(&self, key: &str) -> Request {
        self.request("GET", &format!("issue/{key}/comment?maxResults=100&orderBy=-created"))
    }

    fn comment(&self, key: &str, alert: &Alert, page: &Page) -> Request {
        let body = json!({"body": self.text(alert, page, true)});
        self.request("POST", &format!("issue/{key}/comment")).json(body.to_string())
    }

    /// An issue has its title above; a comment needs it.
    fn text(&self, alert: &Alert, page: &Page, titled: bool) -> Value {
        let title = titled.then_some(page.title.as_str());
        if self.is_cloud() {
            format::document(title, page, &alert.delivery)
        } else {
            json!(format::markup(title, page, &alert.delivery))
        }
    }

    fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        carrier: &Carrier<'_>,
        request: Request,
    ) -> Result<T, Undelivered> {
        let (host, answer) = carrier.send(request)?;
        let hint = match answer.status {
            400 => {
                "it does not take the issue: check `project`, `issue_type`, and whether the \
                 project has required fields of its own"
            }
            401 => "the token is not accepted, or not for `user`: put a valid one in its place",
            403 => "it may not do this: let it browse the project, create issues and comment",
            404 => "there is no such project or issue, or none that it may see",
            _ => "",
        };
        if !(200..300).contains(&answer.status) {
            let refused = answer::refused(&host, &answer, hint);
            // The project's required fields can be changed.
            let mend = answer.status == 400;
            return Err(if mend { Undelivered::mend(refused.why) } else { refused });
        }
        serde_json::from_slice(&answer.body).map_err(|_| {
            Undelivered::mend(format!("`{host}` did not answer as Jira does: check `url`"))
        })
    }

    fn receipt(&self, what: &str, key: &str) -> Result<Receipt, Undelivered> {
        let key = checked(key)?;
        let link = Some(format!("{}/browse/{key}", self.url));
        Ok(Receipt { text: format!("{what} {key}"), link })
    }
}

/// The label by which the issue of a secret is found.
fn label(alert: &Alert) -> String {
    format!("leeward-{}", alert.incident.fingerprint)
}

/// The key of an issue, which becomes part of an address.
fn checked(key: &str) -> Result<&str, Undelivered> {
    let is_key = key.len() <= 64
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if is_key && !key.is_empty() {
        Ok(key)
    } else {
        Err(Undelivered::mend("the answer names an issue in a way that Jira does not"))
    }
}
