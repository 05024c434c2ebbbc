//! Words and times of ours as they stand in a document.

use jiff::Timestamp;
use leeward_model::{Severity, State, StepName, Validity};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::Occasion;

/// A thing that is written as its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<T>(pub(super) T);

/// What has a name by which it is found again.
pub(super) trait Named: Copy + 'static {
    const ALL: &'static [Self];

    fn word(self) -> &'static str;
}

impl<T: Named> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl<'de, T: Named> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let found = T::ALL.iter().find(|one| one.word() == word);
        found.copied().map(Self).ok_or_else(|| {
            let names: Vec<_> = T::ALL.iter().map(|one| format!("`{}`", one.word())).collect();
            D::Error::custom(format!("nothing has that name; there are {}", names.join(", ")))
        })
    }
}

macro_rules! named {
    ($($kind:ty: $all:expr;)+) => { $(
        impl Named for $kind {
            const ALL: &'static [Self] = $all;

            fn word(self) -> &'static str {
                self.name()
            }
        }
    )+ };
}

named! {
    Occasion: &Self::ALL;
    State: &Self::ALL;
    StepName: &Self::ALL;
    Severity: &[Self::Low, Self::Medium, Self::High, Self::Critical];
    Validity:
        &[Self::Active, Self::Restricted, Self::Inactive, Self::Unknown, Self::Unchecked];
}

/// Seconds since 1970-01-01 UTC, written as RFC 3339. What is outside the years
/// that it can write is written as their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time(pub(super) i64);

/// The years 1 to 9999, but for their last day, which begins earlier elsewhere.
const WRITABLE: (i64, i64) = (-62_135_596_800, 253_402_207_200);

impl Time {
    fn stamp(self) -> Timestamp {
        Timestamp::from_second(self.0.clamp(WRITABLE.0, WRITABLE.1)).unwrap_or_default()
    }

    /// `2026-11-20 09:30 UTC`.
    pub(super) fn minute(self) -> String {
        self.stamp().strftime("%Y-%m-%d %H:%M UTC").to_string()
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.stamp())
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let stamp: Timestamp = text.parse().map_err(|_| D::Error::custom("not a time"))?;
        Ok(Self(stamp.as_second()))
    }
}
