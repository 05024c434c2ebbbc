//! Keys that nobody uses: a value of a kind's shape, and a text that makes it
//! look like somebody's. Where it is put and who watches for it is not said
//! here; nothing is drawn here either, whoever calls brings the dice.

use std::path::Path;

use leeward_dossier::{
    Dossier,
    schema::{Alphabet, Shape},
};
use leeward_model::Secret;

/// How often a value is drawn anew that does not fit.
const TRIES: usize = 1000;

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmade {
    /// The kind's shape is an expression, and values are made of an alphabet.
    Pattern,
    /// What was drawn never fitted.
    Unlucky,
}

impl std::fmt::Display for Unmade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pattern => {
                "values of this kind have parts with a meaning, and one is only made for kinds that \
                 are a run of random characters"
            }
            Self::Unlucky => "no value of this kind came of what was drawn",
        })
    }
}

impl std::error::Error for Unmade {}

/// A random value of a kind. `draw` gives a number below the one it is given,
/// each as likely.
///
/// # Errors
/// If none can be made.
pub fn value(dossier: &Dossier, draw: &mut dyn FnMut(usize) -> usize) -> Result<Secret, Unmade> {
    let Shape::Token(token) = &dossier.detect.shape else { return Err(Unmade::Pattern) };
    let letters: &[u8] = match token.alphabet {
        Alphabet::Alphanumeric => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        Alphabet::Base64 => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        Alphabet::Hex => b"0123456789abcdef",
    };
    for _ in 0..TRIES {
        let drawn: Box<[u8]> = (0..token.length).map(|_| letters[draw(letters.len())]).collect();
        let secret = Secret::new(drawn);
        if leeward_detect::fits(dossier, &secret).is_ok() {
            return Ok(secret);
        }
    }
    Err(Unmade::Unlucky)
}

/// What a file that holds a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `NAME=value`.
    Dotenv,
    /// One object.
    Json,
    /// `name: value`.
    Yaml,
}

impl Form {
    /// By the name of the file.
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Self::Json,
            Some("yaml" | "yml") => Self::Yaml,
            _ => Self::Dotenv,
        }
    }
}

/// The content of a file that holds a value under a name, among settings that
/// say nothing. As secret as the value.
pub fn bait(form: Form, name: &str, value: &Secret) -> Secret {
    let lower = name.to_lowercase();
    let (before, after) = match form {
        Form::Dotenv => {
            (format!("APP_ENV=production\nLOG_LEVEL=info\n{name}="), "\nPORT=8080\n".to_owned())
        }
        Form::Json => (
            format!(
                "{{\n  \"environment\": \"production\",\n  \"log_level\": \"info\",\n  \"{lower}\": \""
            ),
            "\",\n  \"port\": 8080\n}\n".to_owned(),
        ),
        Form::Yaml => (
            format!("environment: production\nlog_level: info\n{lower}: "),
            "\nport: 8080\n".to_owned(),
        ),
    };
    // At its size at once, so that no part is left behind in memory.
    let mut text = Vec::with_capacity(before.len() + value.len() + after.len());
    text.extend_from_slice(before.as_bytes());
    #[expect(clippy::disallowed_methods, reason = "the bait holds the value, that is its purpose")]
    text.extend_from_slice(value.expose());
    text.extend_from_slice(after.as_bytes());
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use leeward_detect::Scratch;
    use leeward_dossier::Library;
    use leeward_model::{Fingerprint, Level};

    use super::*;
    use crate::look::Look;

    /// Numbers that a test can repeat.
    fn dice(mut seed: u64) -> impl FnMut(usize) -> usize {
        move |below| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            usize::try_from(seed % 1_000_003).unwrap() % below
        }
    }

    #[test]
    fn every_bait_is_found_as_what_it_pretends_to_be() {
        let look = Look::new(Arc::new(Library::builtin()), Level::Medium);
        let library = Arc::clone(look.library());
        let mut draw = dice(4711);
        for dossier in library.dossiers() {
            let Ok(value) = value(dossier, &mut draw) else { continue };
            let name = &dossier.detect.names[0];
            if dossier.detect.companion.is_some() {
                continue;
            }
            for path in [".env", ".env.production", "config.json", "settings.yaml"] {
                let path = Path::new(path);
                let text = bait(Form::of(path), name, &value);
                #[expect(
                    clippy::disallowed_methods,
                    reason = "the bait is looked at as a scan does"
                )]
                let found = look.at(text.expose(), Some(path), &mut Scratch::default());
                let wanted = Fingerprint::new(&dossier.family, &value);
                let is_it = |it: &leeward_detect::Sighting| {
                    it.fingerprint == wanted && it.dossier == *dossier.id()
                };
                assert!(found.iter().any(is_it), "{} in {}", dossier.id(), path.display());
            }
        }
    }

    #[test]
    fn no_two_are_alike() {
        let library = Library::builtin();
        let dossier = library.dossiers().iter().find(|it| it.detect.bare).unwrap();
        let mut draw = dice(1);
        let mut print = || Fingerprint::new("any", &value(dossier, &mut draw).unwrap());
        assert_ne!(print(), print());
    }

    #[test]
    fn kinds_whose_values_have_parts_are_refused() {
        let library = Library::builtin();
        let is_pattern = |it: &&Dossier| matches!(it.detect.shape, Shape::Pattern(_));
        let dossier = library.dossiers().iter().find(is_pattern).unwrap();
        assert_eq!(value(dossier, &mut |_| 0).map(drop), Err(Unmade::Pattern));
    }
}
