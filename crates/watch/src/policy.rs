//! What the operator decided about incidents: when they are due, what closing asks
//! for, how long a replacement lasts. Where that is written is the edge's.

use leeward_model::{Severity, StepName};

/// Days that a replacement lasts, unless the operator says otherwise.
const EXPIRES_DAYS: i64 = 90;

/// What the operator decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Seconds in which an incident is due, by severity; `None` if never.
    pub due: Due,
    /// Steps that closing asks for.
    pub required: Vec<StepName>,
    /// Days that a replacement lasts.
    pub expires_days: i64,
}

/// Days in which an incident of a severity is due; 0 is never.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Due {
    /// Of a critical one.
    pub critical: f64,
    /// Of a high one.
    pub high: f64,
    /// Of a medium one.
    pub medium: f64,
    /// Of a low one.
    pub low: f64,
}

impl Default for Due {
    fn default() -> Self {
        Self { critical: 1.0, high: 3.0, medium: 14.0, low: 30.0 }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            due: Due::default(),
            required: leeward_respond::REQUIRED.to_vec(),
            expires_days: EXPIRES_DAYS,
        }
    }
}

impl Policy {
    /// Seconds in which an incident of a severity is due.
    pub fn due_in(&self, severity: Severity) -> Option<i64> {
        const SECONDS_A_DAY: f64 = 86_400.0;
        let days = match severity {
            Severity::Critical => self.due.critical,
            Severity::High => self.due.high,
            Severity::Medium => self.due.medium,
            Severity::Low => self.due.low,
        };
        (days > 0.0).then_some((days * SECONDS_A_DAY) as i64)
    }
}
