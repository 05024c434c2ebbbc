//! The shapes in which nouns are kept: JSON of our own structs, each with a version,
//! so that a change of the model does not change what lies in databases.

mod answer;
mod location;
mod reach;
mod text;

use leeward_model::{Companion, Rating, Severity, Signal, SignalKind};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use self::location::{read_location, write_location};
pub(crate) use self::{
    answer::{read_validity, read_verification, write_verification},
    reach::{read_assessment, write_assessment},
    text::{from_text, to_text},
};
use crate::trouble::Trouble;

/// The version of the shapes that are written. A reader knows it and all before.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    v: u32,
    is: T,
}

fn write<T: Serialize>(is: T) -> Result<String, Trouble> {
    serde_json::to_string(&Versioned { v: VERSION, is })
        .map_err(|error| Trouble::Other(error.to_string()))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Trouble> {
    let Versioned { v, is } = serde_json::from_str(text)?;
    if v != VERSION {
        return Err(Trouble::Corrupt(format!("a record of version {v}")));
    }
    Ok(is)
}

/// Both ways between a value and its name.
macro_rules! names {
    ($to:ident, $from:ident, $kind:ty, $($value:path => $name:literal),+ $(,)?) => {
        fn $to(value: $kind) -> &'static str {
            match value { $($value => $name),+ }
        }
        fn $from(name: &str) -> Result<$kind, $crate::trouble::Trouble> {
            match name {
                $($name => Ok($value),)+
                _ => Err($crate::wire::unnamed(name)),
            }
        }
    };
}
use names;

fn unnamed(name: &str) -> Trouble {
    Trouble::Corrupt(format!("`{}` in a record means nothing", leeward_model::SafeText::new(name)))
}

names!(signal_name, signal_named, SignalKind,
    SignalKind::Prior => "prior",
    SignalKind::Binding => "binding",
    SignalKind::Scope => "scope",
    SignalKind::Rival => "rival",
    SignalKind::Value => "value",
    SignalKind::Place => "place",
    SignalKind::Layer => "layer",
);

names!(severity_text, severity_named, Severity,
    Severity::Critical => "critical",
    Severity::High => "high",
    Severity::Medium => "medium",
    Severity::Low => "low",
);

#[derive(Serialize, Deserialize)]
struct WireSignal {
    kind: String,
    weight: f64,
    why: String,
}

#[derive(Serialize, Deserialize)]
struct WireRating {
    level: String,
    why: Vec<String>,
}

/// Evidence as text.
///
/// # Errors
/// If it cannot be written.
pub fn write_signals(signals: &[Signal]) -> Result<String, Trouble> {
    let wire = signals.iter().map(|signal| WireSignal {
        kind: signal_name(signal.kind).to_owned(),
        // JSON has no infinity.
        weight: f64::from(signal.weight.clamp(f32::MIN, f32::MAX)),
        why: signal.why.clone().into_owned(),
    });
    write(wire.collect::<Vec<_>>())
}

/// The evidence that a text says.
///
/// # Errors
/// If it says none.
pub fn read_signals(text: &str) -> Result<Vec<Signal>, Trouble> {
    let signal = |wire: WireSignal| {
        let kind = signal_named(&wire.kind)?;
        Ok(Signal { kind, weight: wire.weight as f32, why: wire.why.into() })
    };
    read::<Vec<WireSignal>>(text)?.into_iter().map(signal).collect()
}

/// Public parts as text.
///
/// # Errors
/// If they cannot be written.
pub fn write_companions(companions: &[Companion]) -> Result<String, Trouble> {
    write(companions.iter().map(|part| (&part.role, &part.value)).collect::<Vec<_>>())
}

/// The parts that a text says.
///
/// # Errors
/// If it says none.
pub fn read_companions(text: &str) -> Result<Vec<Companion>, Trouble> {
    let pairs: Vec<(String, String)> = read(text)?;
    Ok(pairs.into_iter().map(|(role, value)| Companion { role, value }).collect())
}

/// A rating as text.
///
/// # Errors
/// If it cannot be written.
pub fn write_rating(rating: &Rating) -> Result<String, Trouble> {
    write(WireRating { level: severity_text(rating.level).to_owned(), why: rating.why.clone() })
}

/// The rating that a text says.
///
/// # Errors
/// If it says none.
pub fn read_rating(text: &str) -> Result<Rating, Trouble> {
    let wire: WireRating = read(text)?;
    Ok(Rating { level: severity_named(&wire.level)?, why: wire.why })
}

/// A severity by its name, as facts have it.
pub(crate) fn read_severity(name: &str) -> Result<Severity, Trouble> {
    severity_named(name)
}
