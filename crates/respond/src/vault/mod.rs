//! Places where a new value is kept: a secrets manager, a cluster, a build
//! service, an encrypted file, a file that Git ignores. A value is put there,
//! a place is asked whether it still has the old one, and code learns how to
//! refer to it. Each place is spoken to in its own protocol.
//!
//! It is not a way of reading secrets: a value that a place holds is compared
//! here and goes nowhere. It makes no keys and revokes none.

mod access;
mod destination;
mod reference;
mod trouble;

mod aws;
mod aws_trouble;
mod github;
mod kubeconfig;
mod kubernetes;
mod kv2;
mod kv2_trouble;

mod dotenv;
mod env;
mod file;

#[cfg(feature = "age")]
mod age;
#[cfg(not(feature = "age"))]
mod no_age;
mod sops;

mod fields;
mod line;

use std::{collections::BTreeMap, path::PathBuf};

use leeward_model::Secret;

pub use access::{Access, Wanted};
pub use destination::{BadDestination, Destination, is_variable};
pub use dotenv::names as variables;
pub use file::Place;
pub use reference::{Reference, shell};
pub use trouble::Trouble;

pub use fields::is_same;

/// A place that can be put to use.
pub trait Keeper {
    /// What would be sent or written by [`Keeper::put`], in words and without
    /// the value. Opens nothing.
    fn plan(&self) -> Vec<String>;

    /// Puts a value in, keeping what else is there. If the place has exactly
    /// this value already, nothing is written, where that can be known.
    ///
    /// # Errors
    /// When the value is not in the place afterwards, or it is not known
    /// whether it is; see [`Trouble::Unreachable`].
    fn put(&self, value: &Secret) -> Result<Receipt, Trouble>;

    /// Whether a value could be put there, as far as that can be known without
    /// doing it.
    ///
    /// # Errors
    /// Why it could not.
    fn ready(&self) -> Result<(), Trouble> {
        self.holds(&|_| false).map(drop)
    }

    /// Whether the place holds a value, by whatever tells it.
    ///
    /// # Errors
    /// When the place could not be asked.
    fn holds(&self, is_it: &dyn Fn(&Secret) -> bool) -> Result<Held, Trouble>;

    /// How code and configuration refer to the value there.
    fn reference(&self) -> Reference;
}

/// What was done. Never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// In words.
    pub text: String,
    /// What the place calls what it has now: version, name, time.
    pub facts: BTreeMap<String, String>,
    /// Whether anything was written.
    pub changed: bool,
}

impl Receipt {
    fn new(
        changed: bool,
        text: String,
        facts: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let facts = facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect();
        Self { text, facts, changed }
    }
}

/// Whether a place holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// It does.
    Yes,
    /// It holds another.
    No,
    /// It holds nothing under that name.
    Absent,
    /// It holds something that cannot be read back.
    Unreadable {
        /// Why not.
        why: String,
        /// When it was last written, as the place says, if it does.
        since: Option<String>,
    },
}

impl Destination {
    /// The place, ready for use. Opens nothing and reads nothing yet, so that a
    /// plan can be made without any token.
    pub fn open<'a>(&self, access: &'a Access) -> Box<dyn Keeper + 'a> {
        match self.clone() {
            Self::Vault { path, key } => Box::new(kv2::Kv2::new(access, path, key)),
            Self::GitHub { owner, repository, environment, name } => {
                Box::new(github::GitHub::new(access, &owner, &repository, environment, name))
            }
            Self::Env { file, name } => {
                Box::new(in_dotenv(file, name, access.user_ignores.clone()))
            }
            Self::Aws { region, name, key } => Box::new(aws::Aws::new(access, region, name, key)),
            Self::Kubernetes { namespace, name, key } => {
                Box::new(kubernetes::Kubernetes::new(access, namespace, name, key))
            }
            Self::Sops { file, key } => Box::new(sops::Sops::new(access, file, key)),
            #[cfg(feature = "age")]
            Self::Age { file } => Box::new(age::Age::new(access, file)),
            #[cfg(not(feature = "age"))]
            destination @ Self::Age { .. } => Box::new(no_age::NoAge(destination)),
        }
    }
}

/// A variable of a dotenv file, for whoever needs no other place. `user_ignores`
/// is the user's own list of files that Git ignores.
pub fn in_dotenv(file: PathBuf, name: String, user_ignores: Option<PathBuf>) -> impl Keeper {
    env::Env::new(file, name, user_ignores)
}

/// `1 other key`, `2 other keys`.
fn other_keys(number: usize) -> String {
    match number {
        1 => "1 other key".to_owned(),
        _ => format!("{number} other keys"),
    }
}
