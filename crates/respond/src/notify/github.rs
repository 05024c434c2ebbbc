//! GitHub: one issue for a secret, found again by a label and a marker that
//! readers do not see, and a comment for everything that happens later.
//!
//! An issue says where a key lies that may be live: it is not opened where
//! everybody can read it unless the user wants that.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use super::{
    Receipt, Reference, Undelivered,
    alert::Alert,
    answer,
    escape::{markdown, markdown_code, shorten},
    page::{Fact, Page, Piece},
    request::{Carrier, Header, Place, Request},
};

const LABEL: &str = "leeward";

/// How many records a list has at most on a page.
const PAGE: usize = 100;

/// How many pages are looked through: five thousand issues.
const MOST_PAGES: usize = 50;

/// The most characters of a title.
const LONGEST_TITLE: usize = 250;

#[derive(Clone, Debug)]
pub(super) struct GitHub {
    /// Without a slash at its end.
    pub(super) api: String,
    pub(super) repository: String,
    pub(super) token: Reference,
    pub(super) may_be_public: bool,
}

#[derive(Deserialize)]
struct Repository {
    private: bool,
    #[serde(default)]
    archived: bool,
    #[serde(default = "yes")]
    has_issues: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    #[serde(default)]
    body: Option<String>,
    /// Pull requests are listed among issues.
    #[serde(default)]
    pull_request: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Comment {
    #[serde(default)]
    body: Option<String>,
}

impl GitHub {
    pub(super) fn deliver(
        &self,
        carrier: &Carrier<'_>,
        alert: &Alert,
        page: &Page,
    ) -> Result<Receipt, Undelivered> {
        self.admit(&self.ask(carrier, self.repository())?)?;
        let Some(issue) = self.find(carrier, alert)? else {
            let issue: Issue = self.ask(carrier, self.create(alert, page))?;
            return Ok(self.receipt("opened issue", issue.number));
        };
        let number = issue.number;
        // The letter may have arrived before, and the answer been lost.
        let delivery = delivery(alert);
        let told = |body: &Option<String>| body.as_ref().is_some_and(|it| it.contains(&delivery));
        if told(&issue.body) {
            return Ok(self.receipt("it was told already in issue", number));
        }
        for index in 1..=MOST_PAGES {
            let comments: Vec<Comment> = self.ask(carrier, self.comments(number, index))?;
            if comments.iter().any(|comment| told(&comment.body)) {
                return Ok(self.receipt("it was told already in issue", number));
            }
            if comments.len() < PAGE {
                break;
            }
        }
        let _: Comment = self.ask(carrier, self.comment(&number.to_string(), alert, page))?;
        Ok(self.receipt("commented on issue", number))
    }

    pub(super) fn preview(&self, alert: &Alert, page: &Page) -> String {
        format!(
            "1. may everybody read the repository?\n{}\n2. is there an issue for it already?\n{}\n\
             3. if there is none:\n{}\n4. if there is one that does not say it:\n{}",
            self.repository().shown(),
            self.issues(true, 1).shown(),
            self.create(alert, page).shown(),
            self.comment("<NUMBER>", alert, page).shown(),
        )
    }

    fn admit(&self, repository: &Repository) -> Result<(), Undelivered> {
        let name = &self.repository;
        if !repository.private && !self.may_be_public {
            return Err(Undelivered::mend(format!(
                "everybody can read `{name}`, and an issue there would tell where a key lies: name \
                 a private repository, or write `public = true`"
            )));
        }
        if repository.archived {
            return Err(Undelivered::mend(format!(
                "`{name}` is archived: name another repository"
            )));
        }
        if !repository.has_issues {
            return Err(Undelivered::mend(format!(
                "`{name}` has no issues: turn them on in its settings, or name another repository"
            )));
        }
        Ok(())
    }

    /// The issue of a secret: among those with the label, and, since a token
    /// that may not label opens issues without one, among the newest of all.
    fn find(&self, carrier: &Carrier<'_>, alert: &Alert) -> Result<Option<Issue>, Undelivered> {
        let marker = marker(alert);
        for (labelled, pages) in [(true, MOST_PAGES), (false, 1)] {
            for index in 1..=pages {
                let issues: Vec<Issue> = self.ask(carrier, self.issues(labelled, index))?;
                let is_last = issues.len() < PAGE;
                let found = issues.into_iter().find(|issue| {
                    let body = issue.body.as_deref().unwrap_or_default();
                    issue.pull_request.is_none() && body.contains(&marker)
                });
                if found.is_some() {
                    return Ok(found);
                }
                if is_last {
                    break;
                }
            }
        }
        Ok(None)
    }

    fn request(&self, method: &'static str, path: &str) -> Request {
        let plain = |text: &str| Header::Plain(text.to_owned());
        let to = Place::Plain(format!("{}/repos/{}{path}", self.api, self.repository));
        Request::new(method, to)
            .header("Authorization", Header::Bearer(self.token.clone()))
            .header("Accept", plain("application/vnd.github+json"))
            .header("X-GitHub-Api-Version", plain("2022-11-28"))
    }

    fn repository(&self) -> Request {
        self.request("GET", "")
    }

    fn issues(&self, labelled: bool, page: usize) -> Request {
        let labels = if labelled { format!("labels={LABEL}&") } else { String::new() };
        self.request("GET", &format!("/issues?{labels}state=all&per_page={PAGE}&page={page}"))
    }

    fn create(&self, alert: &Alert, page: &Page) -> Request {
        let body = json!({
            "title": shorten(&page.title, LONGEST_TITLE),
            "body": format!("{}\n{}", marker(alert), text(alert, page, None)),
            "labels": [LABEL],
        });
        self.request("POST", "/issues").json(body.to_string())
    }

    fn comments(&self, number: u64, page: usize) -> Request {
        self.request("GET", &format!("/issues/{number}/comments?per_page={PAGE}&page={page}"))
    }

    fn comment(&self, number: &str, alert: &Alert, page: &Page) -> Request {
        let body = json!({"body": text(alert, page, Some(&page.title))});
        self.request("POST", &format!("/issues/{number}/comments")).json(body.to_string())
    }

    fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        carrier: &Carrier<'_>,
        request: Request,
    ) -> Result<T, Undelivered> {
        let (host, answer) = carrier.send(request)?;
        let limited = answer.status == 403
            && (answer.header("retry-after").is_some()
                || answer.header("x-ratelimit-remaining") == Some("0"));
        if limited {
            let reset = answer.header("x-ratelimit-reset").and_then(|text| text.parse().ok());
            let left = reset.map(|at: i64| at.saturating_sub(answer::now()).max(0).unsigned_abs());
            let left = left.map(std::time::Duration::from_secs);
            return Err(Undelivered {
                again_in: answer::wait(&answer).or(left),
                ..Undelivered::soon(format!("`{host}` answered 403: it asks for patience"))
            });
        }
        let hint = match answer.status {
            401 => "the token is not accepted: put a valid one in its place",
            403 => "the token may not do this: give it `issues: write` on the repository",
            404 => "there is no such repository, or none that the token may see",
            _ => "",
        };
        if !(200..300).contains(&answer.status) {
            return Err(answer::refused(&host, &answer, hint));
        }
        serde_json::from_slice(&answer.body).map_err(|_| {
            Undelivered::mend(format!("`{host}` did not answer as GitHub does: check `api`"))
        })
    }

    fn receipt(&self, what: &str, number: u64) -> Receipt {
        // The address that people open; a server of one's own has its API below the site.
        let site = self.api.strip_suffix("/api/v3").unwrap_or("https://github.com");
        Receipt {
            text: format!("{what} {}#{number}", self.repository),
            link: Some(format!("{site}/{}/issues/{number}", self.repository)),
        }
    }
}

/// What foreign text cannot write: it has no `<` left.
fn marker(alert: &Alert) -> String {
    format!("<!-- leeward {} -->", alert.incident.fingerprint)
}

fn delivery(alert: &Alert) -> String {
    format!("<!-- leeward-delivery {} -->", alert.delivery)
}

fn text(alert: &Alert, page: &Page, title: Option<&str>) -> String {
    let mut lines = vec![delivery(alert)];
    if let Some(title) = title {
        lines.extend([format!("**{}**", markdown(title)), String::new()]);
    }
    match &page.own {
        Some(own) => lines.extend(own.iter().map(|line| run(line))),
        None => {
            lines.extend([run(&page.lead), String::new()]);
            lines.extend(page.todo.iter().chain(&page.facts).map(item));
        }
    }
    lines.join("\n")
}

fn item((name, value): &Fact) -> String {
    format!("- **{name}:** {}", run(value))
}

fn run(pieces: &[Piece]) -> String {
    let show = |piece: &Piece| match piece {
        Piece::Text(text) => markdown(text),
        Piece::Code(text) => markdown_code(text),
        Piece::Link { words, to } => format!("[{words}]({to})"),
        Piece::Raw(text) => text.clone(),
    };
    pieces.iter().map(show).collect()
}
