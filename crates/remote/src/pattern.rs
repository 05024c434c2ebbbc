//! Which repositories are meant: patterns that the operator gives, such as `acme/*`
//! and `!acme/old-*`. A star stands for any characters, slashes among them.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::{service::BadSetting, setting::Setting};

/// Patterns over full names, without regard to case.
#[derive(Clone, Debug)]
pub(crate) struct Patterns {
    taken: GlobSet,
    left: GlobSet,
    exact: Vec<String>,
}

impl Patterns {
    /// Reads them; one that begins with `!` leaves out.
    pub(crate) fn new(setting: &Setting, given: &[String]) -> Result<Self, BadSetting> {
        let (mut taken, mut left) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let mut exact = Vec::new();
        let bad = |error: globset::Error| {
            BadSetting::new(setting, format!("`repositories` holds what is no pattern: {error}"))
        };
        for pattern in given {
            let (set, text) = match pattern.strip_prefix('!') {
                Some(text) => (&mut left, text),
                None => (&mut taken, pattern.as_str()),
            };
            set.add(GlobBuilder::new(text).case_insensitive(true).build().map_err(bad)?);
            if text == pattern && text.contains('/') && !text.contains(['*', '?', '[', '{']) {
                exact.push(text.to_owned());
            }
        }
        Ok(Self { taken: taken.build().map_err(bad)?, left: left.build().map_err(bad)?, exact })
    }

    /// Whether a repository is meant.
    pub(crate) fn has(&self, name: &str) -> bool {
        (self.taken.is_empty() || self.taken.is_match(name)) && !self.left.is_match(name)
    }

    /// The repositories that are named outright: they are watched whoever holds them.
    pub(crate) fn exact(&self) -> &[String] {
        &self.exact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        let setting: Setting = toml::from_str("name = 'a'\nservice = 'b'").unwrap();
        let of = |given: &[&str]| {
            let given: Vec<String> = given.iter().map(|&one| one.to_owned()).collect();
            Patterns::new(&setting, &given).unwrap()
        };
        let some = of(&["acme/*", "!acme/old-*", "Other/App"]);
        for (name, is_meant) in [
            ("acme/app", true),
            ("ACME/app", true),
            ("acme/old-app", false),
            ("other/app", true),
            ("other/apps", false),
            ("acme/under/app", true),
        ] {
            assert_eq!(some.has(name), is_meant, "{name}");
        }
        assert_eq!(some.exact(), ["Other/App"]);
        assert!(of(&["!acme/old"]).has("acme/app") && of(&[]).has("anything"));
    }
}
