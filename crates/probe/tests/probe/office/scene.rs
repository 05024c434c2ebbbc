//! A leaked key and an administrator's at a server that knows both, and offices
//! of every temper.

use leeward_counterpart::{Counterpart, Key, Rule, World, random_value};
use leeward_model::{DossierId, Secret, Validity};
use leeward_probe::{Answered, KeyRecord, Office, Refused, RefusedKind};

use super::office;
use crate::asking::{STANDARD, at, impatient};

/// A leaked key, an administrator's, and a server that knows both.
pub(crate) struct Scene {
    pub(crate) leaked: String,
    pub(crate) admin: String,
    pub(crate) server: Counterpart,
}

impl Scene {
    pub(crate) fn with(world: World, rules: impl IntoIterator<Item = Rule>) -> Self {
        Self::of(Key::admin, world, rules)
    }

    pub(crate) fn of(
        make: impl Fn(String) -> Key,
        world: World,
        rules: impl IntoIterator<Item = Rule>,
    ) -> Self {
        let (leaked, admin) = (random_value(), random_value());
        let world = world.key(Key::standard(&leaked)).key(make(admin.clone()));
        let setup = Counterpart::setup(world);
        let server = rules.into_iter().fold(setup, leeward_counterpart::Setup::fault).start();
        Self { leaked, admin, server }
    }

    pub(crate) fn office(&self) -> Office {
        office(at(&self.server), &self.admin, &self.leaked)
    }

    /// One that sends again where that is safe.
    pub(crate) fn stubborn(&self) -> Office {
        let mut settings = at(&self.server);
        settings.manners.attempts = 3;
        settings.manners.when_limited = 3;
        office(settings, &self.admin, &self.leaked)
    }

    pub(crate) fn hasty(&self) -> Office {
        let mut settings = impatient(&self.server);
        settings.manners.attempts = 2;
        office(settings, &self.admin, &self.leaked)
    }

    /// The id of the leaked key, past any fault.
    pub(crate) fn record(&self) -> KeyRecord {
        self.server.mend();
        self.office().find_by_tail(&self.leaked[28..]).unwrap().value.remove(0)
    }

    pub(crate) fn is_live(&self, office: &Office) -> bool {
        let secret = Secret::new(self.leaked.as_bytes());
        let learnt = office.inquirer().verify(&DossierId::new(STANDARD), &secret, &[]);
        learnt.verification.validity == Validity::Active
    }

    /// How many requests of a method there were.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.server.requests().iter().filter(|request| request.method == method).count()
    }
}

/// That something was refused in this way, with a line that says why.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(
    answer: Result<Answered<T>, Refused>,
    kind: RefusedKind,
) -> Refused {
    let refused = answer.unwrap_err();
    assert_eq!(refused.kind, kind, "{refused}");
    assert!(refused.why.starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit() || c == '`'));
    assert!(!refused.why.contains('\n'));
    refused
}
