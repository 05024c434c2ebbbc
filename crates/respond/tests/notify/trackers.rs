//! Jira and GitHub, played by servers that keep issues: one issue for a
//! secret, a comment for what comes later, and nothing twice.

use std::sync::Mutex;

use leeward_respond::notify::{Happening, Receipt, Undelivered};
use serde_json::{Value, json};

use crate::{
    sample::{notice, secret, told},
    server::{Answer, Seen, Server, answer},
};

const LABEL: &str = "leeward-lw1_0123456789abcdef0123456789abcdef";

#[derive(Default)]
struct Issue {
    fields: Value,
    comments: Vec<Value>,
}

fn jira() -> Server {
    let issues = Mutex::new(Vec::<Issue>::new());
    Server::start(move |seen| {
        let mut issues = issues.lock().unwrap();
        let path = seen.path.split('?').next().unwrap();
        match (seen.method.as_str(), path.rsplit('/').next().unwrap()) {
            ("POST", "jql" | "search") => {
                let jql = seen.json()["jql"].as_str().unwrap().to_owned();
                let labelled = |issue: &Issue| {
                    issue.fields["labels"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .any(|label| jql.contains(&format!("\"{}\"", label.as_str().unwrap())))
                };
                let found = issues.iter().position(labelled).map(|index| {
                    let description = &issues[index].fields["description"];
                    json!({"key": format!("SEC-{index}"), "fields": {"description": description}})
                });
                answer(200, json!({"issues": found.into_iter().collect::<Vec<_>>()}))
            }
            ("POST", "issue") => {
                issues.push(Issue { fields: seen.json()["fields"].clone(), comments: vec![] });
                answer(201, json!({"id": "1", "key": format!("SEC-{}", issues.len() - 1)}))
            }
            ("GET", "comment") => answer(200, json!({"comments": issues[0].comments})),
            ("POST", "comment") => {
                issues[0].comments.push(seen.json());
                answer(201, json!({"id": "7"}))
            }
            _ => answer(404, ""),
        }
    })
}

fn tell_jira(
    url: &str,
    token: &str,
    user: &str,
    happening: Happening,
) -> Result<Receipt, Undelivered> {
    let fields = format!(
        "kind = \"jira\"\nurl = \"{url}\"\ntoken = {{ env = \"T\" }}\nproject = \"SEC\"\n{user}"
    );
    told(&fields, &[("T", token)], &notice(happening))
}

#[test]
fn jira_gets_one_issue_and_then_comments() {
    let ours = "user = \"soc@example.com\"";
    for (user, version, search) in [(ours, 3, "search/jql"), ("", 2, "search")] {
        let (server, token) = (jira(), secret());
        let tell = |happening| tell_jira(&server.url(), &token, user, happening).unwrap();
        let receipt = tell(Happening::Opened);
        assert_eq!(receipt.text, "opened issue SEC-0");
        assert_eq!(receipt.link, Some(format!("{}/browse/SEC-0", server.url())));
        assert_eq!(tell(Happening::Opened).text, "it was told already in issue SEC-0");
        assert_eq!(tell(Happening::Contained).text, "commented on issue SEC-0");
        assert_eq!(tell(Happening::Contained).text, "it was told already in issue SEC-0");
        let (search, issue) =
            (format!("POST /rest/api/{version}/{search}"), format!("/rest/api/{version}/issue"));
        let comments = format!("GET {issue}/SEC-0/comment?maxResults=100&orderBy=-created");
        assert_eq!(
            server.lines(),
            [
                &search,
                &format!("POST {issue}"), // opened
                &search,                  // known by its description
                &search,
                &comments,
                &format!("POST {issue}/SEC-0/comment"),
                &search,
                &comments, // known by its comment
            ]
            .map(String::as_str)
        );
        let seen = server.seen();
        let authorization = seen[0].header("authorization");
        if version == 3 {
            // soc@example.com:TOKEN, by another's hand.
            assert!(authorization.starts_with("Basic c29jQGV4YW1wbGUuY29tO"), "{authorization}");
            assert_eq!(seen[1].json()["fields"]["description"]["type"], "doc");
        } else {
            assert_eq!(authorization, format!("Bearer {token}"));
            assert!(seen[1].json()["fields"]["description"].is_string());
        }
        let fields = &seen[1].json()["fields"];
        assert_eq!(fields["labels"], json!(["leeward", LABEL]));
        assert_eq!(fields["issuetype"]["name"], "Task");
        assert!(seen.iter().all(|seen| !seen.body.contains(&token) && !seen.path.contains(&token)));
    }
}

#[test]
fn what_jira_refuses_is_told_in_words() {
    let refused = |status, body: &str| {
        let server = Server::always(answer(status, body));
        tell_jira(&server.url(), &secret(), "", Happening::Opened).expect_err("refused")
    };
    assert!(refused(401, "").why.contains("not accepted") && !refused(401, "").forever);
    assert!(refused(400, "").why.contains("required fields") && !refused(400, "").forever);
    assert!(refused(200, "<html>").why.contains("did not answer as Jira does"));
    assert!(refused(200, "{\"issues\":[{\"key\":\"../x\"}]}").why.contains("Jira does not"));
    assert!(!refused(503, "").forever);
}

/// A repository with `before` other issues in it.
fn github(before: usize, may_label: bool, repository: Value) -> Server {
    let other = json!({"number": 1, "title": "x", "body": null, "labels": ["leeward"]});
    let issues = Mutex::new(vec![other; before]);
    let comments = Mutex::new(Vec::<Value>::new());
    Server::start(move |seen: &Seen| -> Answer {
        let mut issues = issues.lock().unwrap();
        let path = seen.path.strip_prefix("/repos/example/security").unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        match (seen.method.as_str(), path) {
            ("GET", "") => answer(200, &repository),
            ("GET", "/issues") => {
                let labelled = query.contains("labels=leeward");
                let page: usize = query.rsplit('=').next().unwrap().parse().unwrap();
                let wanted = issues.iter().rev().filter(|issue| {
                    !labelled || issue["labels"].as_array().is_some_and(|all| !all.is_empty())
                });
                let mut all: Vec<Value> = wanted.cloned().collect();
                if labelled {
                    all.reverse();
                }
                let page: Vec<Value> = all.into_iter().skip((page - 1) * 100).take(100).collect();
                answer(200, json!(page))
            }
            ("POST", "/issues") => {
                let mut issue = seen.json();
                issue["number"] = json!(issues.len() + 1);
                if !may_label {
                    issue["labels"] = json!([]);
                }
                issues.push(issue.clone());
                answer(201, issue)
            }
            ("GET", _) => answer(200, json!(*comments.lock().unwrap())),
            _ => {
                comments.lock().unwrap().push(seen.json());
                answer(201, seen.json())
            }
        }
    })
}

fn tell_github(url: &str, more: &str, happening: Happening) -> Result<Receipt, Undelivered> {
    let fields = format!(
        "kind = \"github\"\napi = \"{url}\"\nrepository = \"example/security\"\n\
         token = {{ env = \"T\" }}\n{more}"
    );
    told(&fields, &[("T", &secret())], &notice(happening))
}

#[test]
fn github_gets_one_issue_and_then_comments() {
    // More than a page of others stands before it.
    let server = github(130, true, json!({"private": true}));
    let tell = |happening| tell_github(&server.url(), "", happening).unwrap();
    let receipt = tell(Happening::Opened);
    assert_eq!(receipt.text, "opened issue example/security#131");
    assert_eq!(receipt.link.unwrap(), "https://github.com/example/security/issues/131");
    assert_eq!(tell(Happening::Opened).text, "it was told already in issue example/security#131");
    assert_eq!(tell(Happening::Closed).text, "commented on issue example/security#131");
    assert_eq!(tell(Happening::Closed).text, "it was told already in issue example/security#131");
    let seen = server.seen();
    let created: Vec<&Seen> = seen.iter().filter(|seen| seen.method == "POST").collect();
    assert_eq!(created.len(), 2, "an issue and a comment");
    assert_eq!(created[0].json()["labels"], json!(["leeward"]));
    assert_eq!(created[0].header("x-github-api-version"), "2022-11-28");
    assert!(created[0].header("authorization").starts_with("Bearer "));
    assert!(created[1].path.ends_with("/issues/131/comments"), "{:?}", created[1]);
}

#[test]
fn a_token_that_may_not_label_opens_no_second_issue() {
    let server = github(3, false, json!({"private": true}));
    tell_github(&server.url(), "", Happening::Opened).unwrap();
    let again = tell_github(&server.url(), "", Happening::Reopened).unwrap();
    assert_eq!(again.text, "commented on issue example/security#4");
}

#[test]
fn a_public_repository_is_told_nothing_unless_asked() {
    let server = github(0, true, json!({"private": false}));
    let undelivered = tell_github(&server.url(), "", Happening::Opened).expect_err("public");
    assert!(undelivered.why.contains("everybody can read"), "{undelivered}");
    assert!(!undelivered.forever);
    assert_eq!(server.lines(), ["GET /repos/example/security"]);
    tell_github(&server.url(), "public = true", Happening::Opened).unwrap();
    for broken in [
        json!({"private": true, "archived": true}),
        json!({"private": true, "has_issues": false}),
        json!({}),
    ] {
        let server = github(0, true, broken);
        tell_github(&server.url(), "", Happening::Opened).expect_err("not usable");
        assert_eq!(server.seen().len(), 1);
    }
}

#[test]
fn what_github_refuses_is_told_in_words() {
    let refused = |given: Answer| {
        let server = Server::always(given);
        tell_github(&server.url(), "", Happening::Opened).expect_err("refused")
    };
    assert!(refused(answer(401, "")).why.contains("not accepted"));
    assert!(refused(answer(404, "")).why.contains("none that the token may see"));
    let limited = refused(answer(403, "").header("X-RateLimit-Remaining", 0));
    assert!(limited.why.contains("patience"), "{limited}");
    let forbidden = refused(answer(403, "{\"message\":\"<!here>\"}"));
    assert!(forbidden.why.contains("issues: write"), "{forbidden}");
    assert!(!refused(answer(502, "")).forever);
}
