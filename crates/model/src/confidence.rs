//! How sure the judge is that a match is what its dossier says, and why.

use std::borrow::Cow;

/// What kind of evidence a signal is. See the detector's judge for what each
/// one weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignalKind {
    /// How often such a token is what the dossier describes before anything
    /// else is known of it.
    Prior,
    /// The name or path the value is bound to.
    Binding,
    /// The enclosing structure and what its members say.
    Scope,
    /// Evidence of another vendor, or of something that is no credential.
    Rival,
    /// The value itself.
    Value,
    /// The file it lies in.
    Place,
    /// The encodings around it.
    Layer,
}

/// One piece of evidence for or against.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// What kind of evidence.
    pub kind: SignalKind,
    /// Log-odds, natural logarithm: above 0 speaks for, below against.
    pub weight: f32,
    /// The evidence in words, lower-case, such as `bound to MISTRAL_API_KEY`.
    /// May quote foreign text, never the secret.
    pub why: Cow<'static, str>,
}

/// A calibrated probability that a match is what its dossier says.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Confidence(f32);

/// Confidence in three words, for thresholds and people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Below 0.5: shown only when asked for.
    Low,
    /// From 0.5.
    Medium,
    /// From 0.9.
    High,
}

impl Confidence {
    /// From summed log-odds.
    pub fn from_log_odds(sum: f32) -> Self {
        Self(1.0 / (1.0 + (-sum).exp()))
    }

    /// The sum of the signals' weights as a confidence.
    pub fn of(signals: &[Signal]) -> Self {
        Self::from_log_odds(signals.iter().map(|signal| signal.weight).sum())
    }

    /// Between 0 and 1.
    pub fn score(self) -> f32 {
        self.0
    }

    /// The level the score falls into.
    pub fn level(self) -> Level {
        match self.0 {
            0.9.. => Level::High,
            0.5.. => Level::Medium,
            _ => Level::Low,
        }
    }
}

impl Level {
    /// `high`, `medium` or `low`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_the_score() {
        assert_eq!(Confidence::from_log_odds(0.0).level(), Level::Medium);
        assert_eq!(Confidence::from_log_odds(-0.1).level(), Level::Low);
        assert_eq!(Confidence::from_log_odds(2.3).level(), Level::High);
    }
}
