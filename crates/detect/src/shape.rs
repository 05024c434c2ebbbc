//! Whether a value that comes without surroundings has the form of a kind, and
//! if not, what is amiss: somebody handed it in and wants to know.
//!
//! In text, values are found by the detector; this never looks around one.

use std::fmt;

use leeward_dossier::{
    Dossier,
    schema::{Alphabet, Class, Shape},
};
use leeward_model::{Fingerprint, Secret};
use regex::bytes::Regex;

/// What is amiss with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Shorter or longer than every value of the kind.
    Length {
        /// Characters it has.
        is: usize,
        /// Characters it would have.
        must: usize,
    },
    /// It has characters that no value of the kind has.
    Characters,
    /// It lacks a class of characters that every value of the kind has.
    Lacks(&'static str),
    /// It does not match the pattern of the kind.
    Pattern,
    /// The provider published it as an example.
    Published,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { is, must } if is < must => {
                write!(f, "it has {is} characters and not {must}: was it cut off?")
            }
            Self::Length { is, must } => {
                write!(f, "it has {is} characters and not {must}: does something else hang on it?")
            }
            Self::Characters => f.write_str("it has characters that such a value never has"),
            Self::Lacks(class) => write!(f, "it has no {class}, which every such value has"),
            Self::Pattern => f.write_str("it does not have the form of such a value"),
            Self::Published => {
                f.write_str("the provider published it as an example; it is nobody's secret")
            }
        }
    }
}

/// Whether a value has the form of a kind.
///
/// # Errors
/// The first thing that is amiss.
pub fn fits(dossier: &Dossier, secret: &Secret) -> Result<(), Misfit> {
    #[expect(clippy::disallowed_methods, reason = "the form of a value is a matter of its bytes")]
    let value = secret.expose();
    match &dossier.detect.shape {
        Shape::Token(token) => {
            if value.len() != token.length {
                return Err(Misfit::Length { is: value.len(), must: token.length });
            }
            let is_of = |byte: &u8| match token.alphabet {
                Alphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
                Alphabet::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
                Alphabet::Hex => byte.is_ascii_hexdigit(),
            };
            if !value.iter().all(is_of) {
                return Err(Misfit::Characters);
            }
            for class in &token.classes {
                let (is_of, name): (fn(&u8) -> bool, _) = match class {
                    Class::Upper => (u8::is_ascii_uppercase, "capital letter"),
                    Class::Lower => (u8::is_ascii_lowercase, "small letter"),
                    Class::Digit => (u8::is_ascii_digit, "digit"),
                };
                if !value.iter().any(is_of) {
                    return Err(Misfit::Lacks(name));
                }
            }
        }
        Shape::Pattern(pattern) => {
            let whole = Regex::new(&format!("^(?:{})$", pattern.regex));
            if !whole.is_ok_and(|whole| whole.is_match(value)) {
                return Err(Misfit::Pattern);
            }
        }
    }
    let fingerprint = Fingerprint::new(&dossier.family, secret).to_string();
    if dossier.detect.published_examples.contains(&fingerprint) {
        return Err(Misfit::Published);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use leeward_dossier::Library;

    use super::*;

    fn misfit(id: &str, value: &str) -> Option<Misfit> {
        let library = Library::builtin();
        let dossier = library.get(id).expect("built in");
        fits(dossier, &Secret::new(value.as_bytes())).err()
    }

    #[test]
    fn a_cut_value_is_told() {
        let value = "aB3".repeat(11);
        assert_eq!(misfit("mistral-api-key", &value[..32]), None);
        let short = misfit("mistral-api-key", &value[..31]);
        assert_eq!(short, Some(Misfit::Length { is: 31, must: 32 }));
        assert!(short.expect("short").to_string().contains("cut off"));
        assert_eq!(
            misfit("mistral-api-key", &value.to_lowercase()[..32]),
            Some(Misfit::Lacks("capital letter"))
        );
        assert_eq!(
            misfit("mistral-api-key", &format!("{}-", &value[..31])),
            Some(Misfit::Characters)
        );
    }

    #[test]
    fn patterns_match_the_whole_value() {
        let half = "a1B2".repeat(12);
        let value = format!("sk-proj-{half}T3BlbkFJ{half}");
        assert_eq!(misfit("openai-api-key", &value), None);
        assert_eq!(misfit("openai-api-key", &format!("x{value}")), Some(Misfit::Pattern));
        assert_eq!(misfit("openai-api-key", &value[..40]), Some(Misfit::Pattern));
    }
}
