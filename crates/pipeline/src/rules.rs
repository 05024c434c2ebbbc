//! What a judgement depends on, as one number: content that was judged clean under some
//! rules is clean under the same rules and no others.
//!
//! It is made from the parts of each dossier that detection reads (not its texts, its
//! questions or its remediation), from the other vendors and the bad packages, from the
//! options, and from the program: the sources of the crates that decide, hashed when they
//! are built (see `build.rs`), and the forms of container it opens. What is done with a
//! sighting afterwards (thresholds, baselines, ignore files, verification) is no part of
//! it, since content with any sighting is always looked at anew.

use std::fmt;

use leeward_detect::Options;
use leeward_dossier::Library;
use leeward_model::Mark;
use leeward_unpack as unpack;

/// Raised when what is found changes by something that is not in the hash of the sources,
/// such as another way of making marks.
const VERSION: &str = "1";

/// The identity of the rules of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules(Mark);

impl Rules {
    /// The rules of a scan with these dossiers and options; `unpack` as in a request.
    pub fn new(library: &Library, options: Options, unpack: Option<&unpack::Settings>) -> Self {
        let mut parts = vec![
            VERSION.to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
            env!("LEEWARD_SOURCES").to_owned(),
            format!("{options:?}"),
        ];
        if let Some(settings) = unpack {
            parts.push(format!("{:?}", settings.limits));
            parts.extend(unpack::FORMATS.iter().map(|format| format.name().to_owned()));
        }
        parts.push("dossiers".to_owned());
        for dossier in library.dossiers() {
            let who =
                [dossier.id().as_str(), &dossier.provider, &dossier.family].map(str::to_owned);
            parts.extend(who);
            parts.push(written(&dossier.detect));
        }
        parts.push("others".to_owned());
        parts.extend(library.rivals().iter().map(written));
        for advisory in library.advisories() {
            parts.extend(advisory.packages.iter().map(written));
        }
        let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
        Self(Mark::of("rules", &parts))
    }
}

/// Hexadecimal digits, to be kept.
impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn written(part: &impl serde::Serialize) -> String {
    // Plain data with text for keys; were it ever more, it would count as itself, and
    // marks be kept too long at worst by one build.
    serde_json::to_string(part).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use leeward_dossier::Dossier;
    use leeward_model::StepName;

    use super::*;

    fn of(library: &Library) -> String {
        Rules::new(library, Options::default(), None).to_string()
    }

    /// A dossier that is nobody's, with a part of it written otherwise.
    fn library(change: impl Fn(&str) -> String) -> Library {
        let text = r#"
schema = 1
name = "Acme key"
provider = "Acme"
family = "acme"
summary = "It opens everything that Acme has."

[detect]
anchors = ["acme_"]
entropy_bits = 190

[detect.shape.pattern]
regex = "acme_[A-Za-z0-9]{32}"
boundary = "A-Za-z0-9_"
longest = 37
sample = "acme_{32}"

[severity]
base = "high"
why = "It opens everything."

[[examples]]
name = "bound"
text = "key = {{secret}}"
found = true

[[examples]]
name = "nothing"
text = "key = acme_"
found = false

[[advisories]]
id = "ACME-1"
text = "It took keys."
link = "https://acme.example/1"
packages = [{ ecosystem = "npm", name = "acme", versions = ["1.0.1"] }]
"#;
        let steps = StepName::ALL.iter().map(|step| {
            format!(
                "\n[[remediation]]\nstep = \"{}\"\ntitle = \"t\"\ntext = \"t\"\nautomated = \"partly\"\n",
                step.name()
            )
        });
        let text = change(text) + &steps.collect::<String>();
        let mut library = Library::builtin();
        let parsed = Dossier::parse("acme-key", "acme/key.toml", &text);
        library.add(parsed.unwrap_or_else(|problems| panic!("{}", problems[0])));
        library
    }

    #[test]
    fn rules_are_others_if_and_only_if_a_judgement_may_be() {
        let with = |from: &'static str, to: &'static str| {
            of(&library(|text| {
                assert!(text.contains(from), "{from}");
                text.replace(from, to)
            }))
        };
        let plain = of(&library(str::to_owned));
        assert_eq!(plain, of(&library(str::to_owned)));
        for (from, to) in [
            ("It opens everything.", "It opens much."),
            ("that Acme has", "there is"),
            ("base = \"high\"", "base = \"low\""),
            ("It took keys.", "It took all keys."),
        ] {
            assert_eq!(plain, with(from, to), "{from}");
        }
        for (from, to) in [
            ("entropy_bits = 190", "entropy_bits = 190\nfiles = [\".acmerc\"]"),
            ("longest = 37", "longest = 38"),
            ("1.0.1", "1.0.2"),
            ("family = \"acme\"", "family = \"acne\""),
        ] {
            assert_ne!(plain, with(from, to), "{from}");
        }
        let library = library(str::to_owned);
        let low = Rules::new(&library, Options { low: true }, None);
        let opening = unpack::Settings::default();
        let mut deeper = unpack::Settings::default();
        deeper.limits.depth += 1;
        let open = |it| Rules::new(&library, Options::default(), Some(it));
        let all = [plain, low.to_string(), open(&opening).to_string(), open(&deeper).to_string()];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "{all:?}");
    }
}
