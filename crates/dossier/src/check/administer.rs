//! What the section on administration must hold: requests go to listed hosts,
//! those that change something say so, and no placeholder is left unfilled.

use super::{Checker, is_request};
use crate::{
    administer::{Administer, Known, Outcome, Ruling, placeholders},
    probe::{PageBy, Pages},
    schema::DossierFile,
};

impl Checker<'_> {
    pub(super) fn administration(&mut self, dossier: &DossierFile) {
        let Some(administer) = &dossier.administer else { return };
        self.require(!administer.credential.trim().is_empty(), "administer.credential", || {
            "`credential` is empty: name the dossier of the administering credential".into()
        });
        for (field, header) in [
            ("header", Some(&administer.header)),
            ("other_header", administer.other_header.as_ref()),
        ] {
            let carries = header.is_none_or(|it| it.contains("{secret}") && it.contains(": "));
            self.require(carries, &format!("administer.{field}"), || {
                "a header is `Name: value` with `{secret}` in the value's place".into()
            });
        }
        for known in administer.errands() {
            self.errand(dossier, administer, known);
        }
        self.parts(administer);
    }

    fn errand(&mut self, dossier: &DossierFile, administer: &Administer, known: Known<'_>) {
        let Known { name, errand, may, must, changes, .. } = known;
        let path = format!("administer.{}", known.path);
        let url = format!("{path}.url");
        let rest = errand.url.strip_prefix("https://").unwrap_or_default();
        let (host, route) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let listed = dossier.verify.hosts.iter().any(|known| known == host);
        self.require(listed, &url, || {
            format!("`{}` is not https on a host of `verify.hosts`", errand.url)
        });
        let body = errand.body.as_deref().unwrap_or_default();
        for (field, text) in [("url", errand.url.as_str()), ("body", body)] {
            for placeholder in placeholders(text).filter(|name| !may.contains(name)) {
                self.require(false, &format!("{path}.{field}"), || unknown(placeholder, name, may));
            }
        }
        for (i, needed) in errand.needs.iter().enumerate() {
            self.require(may.contains(&needed.as_str()), &format!("{path}.needs.{i}"), || {
                unknown(needed, name, may)
            });
        }
        for group in must {
            let mut used = placeholders(&errand.url).chain(placeholders(body));
            self.require(used.any(|name| group.contains(&name)), &path, || {
                format!("`{name}` uses none of {}", braced(group))
            });
        }
        if let Some(body) = &errand.body {
            let json = serde_json::from_str::<serde_json::Value>(body);
            let why = json.as_ref().err().map(ToString::to_string).unwrap_or_default();
            self.require(json.is_ok(), &format!("{path}.body"), || {
                format!("the body is not JSON ({why}): placeholders stand within its texts")
            });
        }
        if changes {
            self.require(errand.writes.is_some(), &path, || {
                format!("`{name}` changes something: say under `writes` what, and for whom")
            });
        } else {
            let reads = !errand.changes();
            self.require(reads, &format!("{path}.method"), || {
                format!("`{name}` only reads: it is a GET, without `writes`")
            });
            let request = format!("{} {route}", errand.method.name());
            let never =
                dossier.assess.never.iter().find(|never| is_request(&request, &never.request));
            self.require(never.is_none(), &url, || {
                format!("`{request}` is among the requests of `assess.never`")
            });
        }
        let mut answers = errand.answers.iter().chain(&administer.answers);
        self.require(answers.any(is_done), &path, || {
            format!("no answer to `{name}` means `done`, so it could never succeed")
        });
    }

    /// What belongs together, and what is more than a request.
    fn parts(&mut self, administer: &Administer) {
        let has_record = administer.record.is_some();
        for (field, needs) in
            [("find", administer.find.is_some()), ("create", administer.create.is_some())]
        {
            self.require(has_record || !needs, &format!("administer.{field}"), || {
                format!("`{field}` needs `[administer.record]`, which says where things stand")
            });
        }
        for (field, errand) in [("brake", &administer.brake), ("release", &administer.release)] {
            let reads = administer.limit.is_some() || errand.is_none();
            self.require(reads, &format!("administer.{field}"), || {
                format!(
                    "`{field}` needs `[administer.limit]`: whoever changes a limit reads it first"
                )
            });
        }
        if let Some(find) = &administer.find {
            for (field, text, holds) in
                [("by_tail", &find.by_tail, "tail"), ("by_name", &find.by_name, "name")]
            {
                let fits = text.as_deref().is_none_or(|it| placeholders(it).eq([holds]));
                self.require(fits, &format!("administer.find.{field}"), || {
                    format!("`{field}` holds `{{{holds}}}`, once, and no other placeholder")
                });
            }
            self.paging("administer.find.pages", find.pages.as_ref());
        }
        if let Some(log) = &administer.log {
            self.paging("administer.log.pages", log.pages.as_ref());
            self.require(log.size > 0, "administer.log.size", || {
                "`size` is how many entries a full page has, as the address asks for".into()
            });
        }
        if let Some(create) = &administer.create {
            let once = !create.request.idempotent;
            self.require(once, "administer.create.request.idempotent", || {
                "making a key twice makes two: it is sent once".into()
            });
        }
    }

    fn paging(&mut self, path: &str, pages: Option<&Pages>) {
        let leads_on = pages.is_none_or(|it| it.by != PageBy::Cursor || it.next.is_some());
        self.require(leads_on, path, || "paging by cursor needs `next`".into());
    }
}

fn is_done(ruling: &Ruling) -> bool {
    ruling.means == Outcome::Done
}

fn unknown(placeholder: &str, name: &str, may: &[&str]) -> String {
    if may.is_empty() {
        return format!("`{{{placeholder}}}` is filled by nobody: `{name}` has no placeholders");
    }
    format!("`{{{placeholder}}}` is filled by nobody: `{name}` has {}", braced(may))
}

fn braced(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use crate::check::dossier;

    const WHOLE: &str = include_str!("../../../../dossiers/mistral/api-key.toml");

    /// The first problem of the text with one place changed.
    #[track_caller]
    fn problem(from: &str, to: &str) -> String {
        assert!(WHOLE.contains(from), "the dossier has no `{from}`");
        let problems = dossier("x.toml", &WHOLE.replacen(from, to, 1));
        problems.expect_err("the text has a problem")[0].to_string()
    }

    #[test]
    fn a_placeholder_that_nobody_fills_is_shown_at_its_place() {
        let shown = problem("/v1/admin/api-keys/{key-id}\"", "/v1/admin/api-keys/{key}/{key-id}\"");
        assert!(
            shown.starts_with("`{key}` is filled by nobody: `delete` has `{key-id}`\n"),
            "{shown}"
        );
        let line = WHOLE.lines().position(|line| line.contains("{key-id}")).expect("a line") + 1;
        assert!(shown.contains(&format!("--> x.toml:{line}:1\n")), "{shown}");
        assert!(shown.ends_with("{key}/{key-id}\"\n     | ^"), "{shown}");
        let shown = problem(r#""name": "{name}""#, r#""name": "{title}""#);
        assert!(shown.starts_with("`{title}` is filled by nobody: `create` has"), "{shown}");
        let shown = problem("spend-limit\"\nwhy", "spend-limit/{month}\"\nwhy");
        assert!(shown.contains("`limit` has no placeholders"), "{shown}");
    }

    #[test]
    fn an_unknown_field_is_shown_with_line_and_caret() {
        let shown = problem("by_tail = ", "by_end = ");
        assert!(shown.contains("unknown field `by_end`"), "{shown}");
        assert!(shown.contains("--> x.toml:") && shown.ends_with('^'), "{shown}");
    }

    #[test]
    fn a_change_that_is_not_called_one_is_refused() {
        let shown = problem("writes = \"deletes one key", "# \"deletes one key");
        assert!(shown.starts_with("`delete` changes something: say under `writes`"), "{shown}");
        assert!(shown.contains("[administer.delete]"), "{shown}");
    }

    #[test]
    fn what_reads_must_not_write() {
        let from = "url = \"https://api.mistral.ai/v1/admin/api-keys?limit=100\"";
        let shown = problem(from, &format!("method = \"POST\"\n{from}"));
        assert!(shown.starts_with("`find` only reads: it is a GET"), "{shown}");
    }

    #[test]
    fn requests_keep_to_hosts_and_to_what_is_never_asked() {
        let shown = problem("https://api.mistral.ai/v1/admin/rate-limit", "https://a.b/v1/rate");
        assert!(shown.contains("is not https on a host of `verify.hosts`"), "{shown}");
        let shown = problem("/v1/admin/rate-limit", "/v1/files/x/url");
        assert!(shown.contains("`GET /v1/files/x/url` is among"), "{shown}");
    }

    #[test]
    fn a_body_that_is_not_json_is_refused() {
        let shown = problem(r#"{"amount": "{amount}""#, r#"{"amount": {amount}"#);
        assert!(shown.starts_with("the body is not JSON (key must be a string"), "{shown}");
    }

    #[test]
    fn parts_that_belong_together_are_asked_for() {
        let shown = problem("by_tail = \"name={tail}\"", "by_tail = \"name={name}\"");
        assert!(shown.contains("`by_tail` holds `{tail}`, once"), "{shown}");
        let shown = problem("?year={year}&month={month}", "?month={month}");
        assert!(shown.contains("`usage` uses none of `{year}`"), "{shown}");
        let shown = problem("needs = [\"workspace-id\", \"user-id\"]", "needs = [\"project\"]");
        assert!(shown.contains("`{project}` is filled by nobody"), "{shown}");
        let shown = problem("means = \"done\"", "means = \"gone\"");
        assert!(shown.contains("no answer to `find` means `done`"), "{shown}");
        let shown = problem(
            "header = \"x-api-key: {secret}\"\nother_header = \"Authorization: Bearer {secret}\"\n\n[administer.record]",
            "header = \"x-api-key: secret\"\n\n[administer.record]",
        );
        assert!(shown.contains("`{secret}` in the value's place"), "{shown}");
    }

    #[test]
    fn a_question_does_not_delete() {
        let from = "url = \"https://api.mistral.ai/v1/models\"";
        let shown = problem(from, &format!("method = \"DELETE\"\nharmless = \"no\"\n{from}"));
        assert!(shown.starts_with("a question is a GET or a POST"), "{shown}");
    }
}
