//! Keys that a build hands to browsers: variables whose prefix tells a bundler
//! to write their value into what is served.

use std::collections::BTreeSet;

use leeward_dossier::Dossier;
use regex::bytes::Regex;

use super::{Spot, is_comment, regex};

/// Prefixes, and the bundler that inlines what begins so.
const PREFIXES: &[(&str, &str)] = &[
    ("NEXT_PUBLIC_", "Next.js"),
    ("EXPO_PUBLIC_", "Expo"),
    ("NUXT_PUBLIC_", "Nuxt"),
    ("REACT_APP_", "Create React App"),
    ("VUE_APP_", "Vue CLI"),
    ("GATSBY_", "Gatsby"),
    ("VITE_", "Vite"),
    ("PUBLIC_", "SvelteKit and Astro"),
];

/// Words of a name that make it a credential's.
const CREDENTIAL: &str = "KEYS?|TOKENS?|SECRETS?|APIKEYS?|CREDENTIALS?|PASSWORD";

/// The check, for one provider.
pub(super) struct Browser {
    names: Option<Regex>,
    allowed: Option<Regex>,
}

impl Browser {
    pub(super) fn new(dossier: &Dossier) -> Self {
        let own = dossier.detect.evidence.words.iter().map(|word| regex::escape(word));
        // Kinds that are known by their mark are named in full.
        let full = dossier.detect.names.iter().filter(|name| name.contains('_'));
        let full = full.filter(|_| dossier.detect.evidence.words.is_empty());
        let words: Vec<String> = own
            .map(|word| word.to_uppercase())
            .chain(full.map(|name| regex::escape(name)))
            .collect();
        let prefixes: Vec<&str> = PREFIXES.iter().map(|(prefix, _)| *prefix).collect();
        let names = format!(
            r"\b(?P<prefix>{})[A-Z0-9_]*?({})(_[A-Z0-9_]+)?\b",
            prefixes.join("|"),
            words.join("|")
        );
        let anchors: Vec<String> =
            dossier.detect.anchors.iter().map(|word| regex::escape(word)).collect();
        let allowed = format!(
            r"(?is)({}).{{0,400}}?(?P<it>dangerouslyAllowBrowser\s*:\s*true)",
            anchors.join("|")
        );
        Self {
            names: (!words.is_empty()).then(|| regex(&names)).flatten(),
            allowed: (!anchors.is_empty()).then(|| regex(&allowed)).flatten(),
        }
    }

    /// Each name once in a file.
    pub(super) fn check(&self, text: &[u8], spots: &mut Vec<Spot>) {
        let mut known = BTreeSet::new();
        for found in self.names.iter().flat_map(|names| names.captures_iter(text)) {
            let (Some(name), Some(prefix)) = (found.get(0), found.name("prefix")) else { continue };
            let prefix = String::from_utf8_lossy(prefix.as_bytes()).into_owned();
            let shown = String::from_utf8_lossy(name.as_bytes()).into_owned();
            let is_credential =
                shown.split('_').any(|word| CREDENTIAL.split('|').any(|known| is(word, known)));
            if !is_credential || is_comment(text, name.start()) || !known.insert(shown.clone()) {
                continue;
            }
            let bundler = PREFIXES.iter().find(|(known, _)| *known == prefix).map_or("", |it| it.1);
            let plain = shown.strip_prefix(&prefix).unwrap_or(&shown);
            spots.push(Spot {
                id: "shipped-to-browsers",
                span: name.range(),
                title: format!("`{shown}` is written into what browsers load"),
                why: format!(
                    "{bundler} replaces variables that begin with `{prefix}` by their values when it \
                     builds: everybody who opens the page has the key"
                ),
                fix: format!(
                    "ask from a server of your own that reads `{plain}`, and let the page ask that; a \
                     key that was shipped counts as exposed"
                ),
            });
        }
        for found in self.allowed.iter().flat_map(|allowed| allowed.captures_iter(text)) {
            let Some(it) = found.name("it").filter(|it| !is_comment(text, it.start())) else {
                continue;
            };
            spots.push(Spot {
                id: "shipped-to-browsers",
                span: it.range(),
                title: "a client is told to work in browsers with the key".into(),
                why: "the client refuses to, because everybody who opens the page has the key"
                    .into(),
                fix: "ask from a server of your own, and let the page ask that".into(),
            });
        }
    }
}

/// Whether a word is a known one, with or without its `S`.
fn is(word: &str, known: &str) -> bool {
    known
        .strip_suffix("S?")
        .map_or(word == known, |stem| word.strip_suffix('S').unwrap_or(word) == stem)
}

#[cfg(test)]
mod tests {
    use leeward_dossier::Library;

    use super::*;

    #[test]
    fn every_pattern_is_understood() {
        for dossier in Library::builtin().dossiers() {
            let browser = Browser::new(dossier);
            assert!(browser.names.is_some() && browser.allowed.is_some(), "{}", dossier.id());
        }
    }
}
