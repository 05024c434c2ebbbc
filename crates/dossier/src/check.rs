//! What makes a file a dossier: every fact that later stages rely on, checked
//! once, with the place in the file where it goes wrong.
//!
//! Pure and shared with the build script. Running a dossier's examples needs
//! the detector and is done by `leeward dossier check`.

// The build script includes this file too, from elsewhere.
#[path = "check/administer.rs"]
mod administer;

use std::{collections::BTreeSet, fmt, ops::Range};

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use leeward_model::StepName;

use crate::{
    probe::{Method, PageBy, Probe},
    schema::{AdvisoriesFile, Advisory, DossierFile, Reach, RivalsFile, SCHEMA, Shape},
};

/// Something wrong in a file, with the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as named by the caller.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, lower-case.
    pub message: String,
    /// The line itself.
    pub source: String,
}

impl Problem {
    fn at(file: &str, text: &str, span: Option<Range<usize>>, message: String) -> Self {
        let start = span.map_or(0, |span| span.start).min(text.len());
        let before = &text[..text.floor_char_boundary(start)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let source = text[line_start..].lines().next().unwrap_or_default().to_owned();
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message,
            source,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, source } = self;
        let margin = " ".repeat(line.to_string().len());
        let caret = " ".repeat(column - 1);
        writeln!(f, "{message}")?;
        writeln!(f, "{margin}--> {file}:{line}:{column}")?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{line} | {source}")?;
        write!(f, "{margin} | {caret}^")
    }
}

/// Reads and checks a dossier. `file` is only for messages.
///
/// # Errors
/// Every problem there is, in file order; a syntax error or an unknown field
/// hides those behind it.
pub fn dossier(file: &str, text: &str) -> Result<DossierFile, Vec<Problem>> {
    let parsed: DossierFile = parse(file, text).map_err(|problem| vec![problem])?;
    let mut checker = Checker { file, text, tree: DeTable::parse(text).ok(), problems: Vec::new() };
    checker.run(&parsed);
    if checker.problems.is_empty() { Ok(parsed) } else { Err(checker.problems) }
}

/// Reads the file of other vendors.
///
/// # Errors
/// The first problem there is.
pub fn rivals(file: &str, text: &str) -> Result<RivalsFile, Vec<Problem>> {
    parse(file, text).map_err(|problem| vec![problem])
}

/// Reads and checks the advisories that belong to no provider.
///
/// # Errors
/// Every problem there is, each with its place.
pub fn advisories(file: &str, text: &str) -> Result<AdvisoriesFile, Vec<Problem>> {
    let known: AdvisoriesFile = parse(file, text).map_err(|problem| vec![problem])?;
    let tree = DeTable::parse(text).ok();
    let mut checker = Checker { file, text, tree, problems: Vec::new() };
    checker.advisories(&known.advisories);
    if checker.problems.is_empty() { Ok(known) } else { Err(checker.problems) }
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Problem> {
    toml::from_str(text)
        .map_err(|error| Problem::at(file, text, error.span(), error.message().to_owned()))
}

/// Least randomness a kind must have for its fingerprints to be public.
const LEAST_ENTROPY_BITS: u32 = 100;

/// An anchor shorter than this would be met everywhere.
const SHORTEST_ANCHOR: usize = 4;

struct Checker<'a> {
    file: &'a str,
    text: &'a str,
    tree: Option<toml::Spanned<DeTable<'a>>>,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn run(&mut self, dossier: &DossierFile) {
        self.require(dossier.schema == SCHEMA, "schema", || {
            format!("`schema` is {}; this build reads {SCHEMA}", dossier.schema)
        });
        for (path, text) in [
            ("name", &dossier.name),
            ("provider", &dossier.provider),
            ("family", &dossier.family),
            ("summary", &dossier.summary),
        ] {
            self.require(!text.trim().is_empty(), path, || format!("`{path}` is empty"));
        }
        self.detection(dossier);
        self.questions(dossier);
        self.cross_references(dossier);
        self.administration(dossier);
        self.remediation(dossier);
        self.consumers(dossier);
        self.controls(dossier);
        self.advisories(&dossier.advisories);
        self.examples(dossier);
    }

    fn detection(&mut self, dossier: &DossierFile) {
        let detect = &dossier.detect;
        self.require(!detect.anchors.is_empty(), "detect.anchors", || {
            "without an anchor every byte of every file would have to be judged; name at least one"
                .into()
        });
        for (i, anchor) in detect.anchors.iter().enumerate() {
            let fits = anchor.len() >= SHORTEST_ANCHOR && anchor.is_ascii();
            self.require(fits, &format!("detect.anchors.{i}"), || {
                format!(
                    "anchor `{anchor}` must be at least {SHORTEST_ANCHOR} characters of plain \
                     ASCII, or it would be met everywhere"
                )
            });
        }
        self.require(detect.entropy_bits >= LEAST_ENTROPY_BITS, "detect.entropy_bits", || {
            format!(
                "{} bits can be guessed back from a public fingerprint; kinds below \
                 {LEAST_ENTROPY_BITS} bits are not supported yet",
                detect.entropy_bits
            )
        });
        match &detect.shape {
            Shape::Token(token) => {
                self.require(token.length >= 16, "detect.shape.token.length", || {
                    "a token without a mark of its own needs at least 16 characters".into()
                });
                let vague = detect.evidence.words.is_empty() && detect.companion.is_none();
                self.require(!vague, "detect.shape.token", || {
                    "a token without a mark of its own needs `detect.evidence.words` or a \
                     companion"
                        .into()
                });
            }
            Shape::Pattern(pattern) => {
                self.require(pattern.longest > 0, "detect.shape.pattern.longest", || {
                    "`longest` bounds the window and must be above 0".into()
                });
            }
        }
    }

    fn questions(&mut self, dossier: &DossierFile) {
        let lists = [("verify", &dossier.verify.requests), ("assess", &dossier.assess.requests)];
        let mut ids = BTreeSet::new();
        let mut found = BTreeSet::new();
        for (section, probes) in lists {
            for (i, probe) in probes.iter().enumerate() {
                let path = format!("{section}.requests.{i}");
                self.require(ids.insert(probe.id.as_str()), &format!("{path}.id"), || {
                    format!("another question is called `{}` too", probe.id)
                });
                self.question(dossier, probe, &path);
                if let Some(each) = &probe.each {
                    self.require(
                        found.contains(each.of.as_str()) && probe.url.contains("{item}"),
                        &format!("{path}.each"),
                        || {
                            format!(
                                "`each` needs `{{item}}` in the address, and an earlier question \
                                 that finds `{}`",
                                each.of
                            )
                        },
                    );
                }
                for (j, find) in probe.finds.iter().enumerate() {
                    let path = format!("{path}.finds.{j}.id");
                    self.require(found.insert(find.id.as_str()), &path, || {
                        format!("something else that is found is called `{}` too", find.id)
                    });
                }
            }
        }
    }

    fn question(&mut self, dossier: &DossierFile, probe: &Probe, path: &str) {
        let rest = probe.url.strip_prefix("https://").unwrap_or_default();
        let (host, route) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let listed = dossier.verify.hosts.iter().any(|known| known == host);
        self.require(listed, &format!("{path}.url"), || {
            format!("`{}` is not https on a host of `verify.hosts`", probe.url)
        });
        self.require(!probe.url.contains("{secret}"), &format!("{path}.url"), || {
            "a value never stands in an address: addresses end up in logs".into()
        });
        let headers = [Some(&probe.header).filter(|_| probe.sign.is_none())];
        for header in headers.into_iter().flatten().chain(&probe.other_header) {
            let carries = header.contains("{secret}") && header.contains(": ");
            self.require(carries, &format!("{path}.header"), || {
                "a header is `Name: value` with `{secret}` in the value's place".into()
            });
        }
        let asks = matches!(probe.method, Method::Get | Method::Post);
        self.require(asks, &format!("{path}.method"), || {
            "a question is a GET or a POST; what changes something stands under `administer`".into()
        });
        let harmless = !asks || probe.method == Method::Get || probe.harmless.is_some();
        self.require(harmless, &format!("{path}.method"), || {
            "a request that is not a GET says under `harmless` why it changes and costs nothing"
                .into()
        });
        let request = format!("{} {route}", probe.method.name());
        let never = dossier.assess.never.iter().find(|never| is_request(&request, &never.request));
        self.require(never.is_none(), &format!("{path}.url"), || {
            format!("`{request}` is among the requests of `assess.never`")
        });
        if let Some(sign) = &probe.sign {
            let companion = dossier.detect.companion.as_ref();
            let known = companion.is_some_and(|companion| companion.role == sign.id);
            self.require(known, &format!("{path}.sign"), || {
                format!("no companion of this kind has the role `{}`", sign.id)
            });
        }
        if let Some(pages) = &probe.pages {
            let leads_on = pages.by != PageBy::Cursor || pages.next.is_some();
            self.require(leads_on || pages.most == Some(1), &format!("{path}.pages"), || {
                "paging by cursor needs `next`, or `most = 1` if there is none".into()
            });
        }
        for (j, find) in probe.finds.iter().enumerate() {
            let known = dossier.permissions.iter().any(|known| known.id == find.permission);
            self.require(known, &format!("{path}.finds.{j}.permission"), || {
                format!("no permission has the id `{}`", find.permission)
            });
        }
    }

    fn cross_references(&mut self, dossier: &DossierFile) {
        let known: BTreeSet<&str> = dossier.permissions.iter().map(|p| p.id.as_str()).collect();
        for (i, impact) in dossier.impacts.iter().enumerate() {
            for (j, from) in impact.from.iter().enumerate() {
                self.require(
                    known.contains(from.as_str()),
                    &format!("impacts.{i}.from.{j}"),
                    || format!("no permission has the id `{from}`"),
                );
            }
        }
    }

    fn remediation(&mut self, dossier: &DossierFile) {
        let steps: Vec<StepName> = dossier.remediation.iter().map(|step| step.step).collect();
        for missing in StepName::ALL.iter().filter(|step| !steps.contains(step)) {
            self.require(false, "remediation", || {
                format!("remediation step `{}` is missing", missing.name())
            });
        }
        self.require(steps.is_sorted_by(|a, b| a < b), "remediation", || {
            "remediation steps must stand once each, in the order of the eight".into()
        });
    }

    fn consumers(&mut self, dossier: &DossierFile) {
        for (i, rule) in dossier.consumers.iter().enumerate() {
            let place = format!("consumers.{i}");
            self.require(!rule.title.trim().is_empty(), &place, || {
                "a tool that keeps values needs a `title`".into()
            });
            self.require(!rule.paths.is_empty() || rule.unseen.is_some(), &place, || {
                "say under `paths` where it keeps values, or under `unseen` why no program can look"
                    .into()
            });
            for (j, path) in rule.paths.iter().enumerate() {
                let names = path.strip_prefix("~/").unwrap_or(path).split('/');
                let fits = names.into_iter().all(|name| !matches!(name, "" | "." | ".." | "~"));
                self.require(fits, &format!("{place}.paths.{j}"), || {
                    format!("`{path}` is neither `~/` and names nor the end of a path")
                });
            }
        }
    }

    fn controls(&mut self, dossier: &DossierFile) {
        let mut ids = BTreeSet::new();
        for (i, control) in dossier.controls.iter().enumerate() {
            let place = format!("controls.{i}");
            self.require(ids.insert(control.id.as_str()), &format!("{place}.id"), || {
                format!("another control is called `{}` too", control.id)
            });
            let reached = control.readable != Reach::No || control.settable != Reach::No;
            self.require(control.exists || !reached, &place, || {
                "what does not exist can be neither read nor set".into()
            });
            self.require(!control.advice.trim().is_empty(), &format!("{place}.advice"), || {
                "`advice` is empty".into()
            });
        }
    }

    fn advisories(&mut self, advisories: &[Advisory]) {
        for (i, advisory) in advisories.iter().enumerate() {
            self.require(!advisory.packages.is_empty(), &format!("advisories.{i}"), || {
                "an advisory names at least one package".into()
            });
            for (j, package) in advisory.packages.iter().enumerate() {
                let path = format!("advisories.{i}.packages.{j}");
                let exact = |version: &String| {
                    version.starts_with(|c: char| c.is_ascii_digit())
                        && !version.contains(['*', '<', '>', '=', ' ', ','])
                };
                let fits = !package.versions.is_empty() && package.versions.iter().all(exact);
                self.require(fits && !package.name.is_empty(), &path, || {
                    "a package has a name and its bad versions, each written out".into()
                });
            }
        }
    }

    fn examples(&mut self, dossier: &DossierFile) {
        for found in [true, false] {
            let any = dossier.examples.iter().any(|example| example.found == found);
            self.require(any, "examples", || {
                format!("at least one example with `found = {found}` must say what is meant")
            });
        }
        for (i, example) in dossier.examples.iter().enumerate() {
            let shown = !example.found || example.text.contains("{secret");
            self.require(shown, &format!("examples.{i}.text"), || {
                "an example that must be found needs `{secret}`; never write a real value".into()
            });
        }
    }

    fn require(&mut self, holds: bool, path: &str, message: impl FnOnce() -> String) {
        if !holds {
            let span = self.tree.as_ref().and_then(|tree| locate(tree, path));
            self.problems.push(Problem::at(self.file, self.text, span, message()));
        }
    }
}

/// Whether a request, as `METHOD /path?query`, is one that a pattern names.
pub fn is_request(request: &str, pattern: &str) -> bool {
    let path = request.split('?').next().unwrap_or_default();
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        match (wanted, parts.next()) {
            ("**", _) => return true,
            (_, None) => return false,
            ("{}", Some(part)) if !part.is_empty() => {}
            (wanted, Some(part)) if wanted == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

/// The place of a dotted path, or of the nearest part of it that exists.
fn locate(tree: &toml::Spanned<DeTable<'_>>, path: &str) -> Option<Range<usize>> {
    let mut keys = path.split('.');
    let first = keys.next()?;
    let (key, mut value) = tree.get_ref().get_key_value(first)?;
    let mut span = key.span();
    for key in keys {
        let next = match value.get_ref() {
            DeValue::Table(table) => match table.get_key_value(key) {
                Some((key, next)) => {
                    span = key.span();
                    next
                }
                None => break,
            },
            DeValue::Array(items) => {
                let Some(next) = key.parse().ok().and_then(|index: usize| items.get(index)) else {
                    break;
                };
                span = next.span();
                next
            }
            _ => break,
        };
        value = next;
    }
    Some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = include_str!("../../../dossiers/mistral/api-key.toml");

    fn problem(text: &str) -> String {
        let problems = dossier("x.toml", text).expect_err("the text has a problem");
        problems[0].to_string()
    }

    #[test]
    fn an_unknown_field_is_shown_with_line_and_caret() {
        let text = WHOLE.replacen("family = ", "familie = ", 1);
        let shown = problem(&text);
        assert!(shown.contains("unknown field `familie`"), "{shown}");
        assert!(shown.contains("--> x.toml:"), "{shown}");
        assert!(shown.ends_with('^'), "{shown}");
    }

    #[test]
    fn a_short_anchor_is_refused_at_its_place() {
        let text = WHOLE.replacen("anchors = [\"mistral\"", "anchors = [\"mi\"", 1);
        let problems = dossier("x.toml", &text).expect_err("`mi` is too short");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].message.contains("anchor `mi`"), "{}", problems[0].message);
        assert!(problems[0].source.contains("anchors = [\"mi\""));
        assert!(problems[0].source[problems[0].column - 1..].starts_with("\"mi\""));
    }

    #[test]
    fn a_request_to_an_unlisted_host_is_refused() {
        let text = WHOLE.replacen(
            "url = \"https://api.mistral.ai/v1/models\"",
            "url = \"https://api.mistral.example/v1/models\"",
            1,
        );
        assert!(problem(&text).contains("not https on a host of `verify.hosts`"));
    }

    #[test]
    fn a_request_that_is_never_made_is_refused() {
        let text = WHOLE.replacen(
            "url = \"https://api.mistral.ai/v1/models\"",
            "url = \"https://api.mistral.ai/v1/files/{item}/url?expiry=1\"",
            1,
        );
        assert!(problem(&text).contains("`GET /v1/files/{item}/url?expiry=1` is among"));
    }

    #[test]
    fn a_cursor_that_leads_nowhere_is_refused() {
        let text = WHOLE.replacen("next = \"/pagination/next_cursor\"", "first = 1", 1);
        assert!(problem(&text).contains("paging by cursor needs `next`"));
    }

    #[test]
    fn places_that_lead_nowhere_are_refused() {
        let text = WHOLE.replacen("paths = [\"~/.vibe/.env\"]", "paths = [\"/etc/../.env\"]", 1);
        assert!(problem(&text).contains("nor the end of a path"));
        let text = WHOLE.replacen("paths = [\"~/.mistralcode/config.json\"]", "paths = []", 1);
        assert!(problem(&text).contains("why no program can look"));
    }

    #[test]
    fn what_does_not_exist_cannot_be_set() {
        let text = WHOLE.replacen(
            "exists = false\nreadable = \"no\"",
            "exists = false\nreadable = \"admin-api\"",
            1,
        );
        assert!(problem(&text).contains("can be neither read nor set"));
    }

    #[test]
    fn ranges_of_versions_are_refused() {
        let text = WHOLE.replacen("versions = [\"2.4.6\"]", "versions = [\">=2.4\"]", 1);
        assert!(problem(&text).contains("each written out"));
    }

    #[test]
    fn patterns_of_requests() {
        let is = |request, pattern| is_request(request, pattern);
        assert!(is("GET /v1/files/abc/url?x=/", "GET /v1/files/{}/url"));
        assert!(is("GET /v1/a/stream", "GET /v1/**"));
        assert!(!is("GET /v1/files/url", "GET /v1/files/{}/url"));
        assert!(!is("POST /v1/files/abc/url", "GET /v1/files/{}/url"));
        assert!(!is("GET /v1/files/abc/url/more", "GET /v1/files/{}/url"));
    }
}
