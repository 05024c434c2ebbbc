//! One place that uses a value, and what is said of it.

use leeward_model::Location;

use super::kind::ConsumerKind;

/// A place that uses the old value, directly or by a name.
#[derive(Clone, Debug)]
pub struct Consumer {
    /// Where; its excerpt is masked, its path is foreign text.
    pub place: Location,
    /// What kind of place.
    pub kind: ConsumerKind,
    /// What ties it to the value.
    pub how: By,
    /// The variable, field or secret that holds it there, or is read there;
    /// foreign text.
    pub name: Option<String>,
    /// What the place holds.
    pub state: Uses,
    /// What a person should know before switching it; empty if nothing.
    pub note: String,
}

/// What ties a place to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// The value itself stands there, plainly or under an encoding.
    Value,
    /// Its SHA-256 stands there, as gateways keep it.
    Hash,
    /// It reads the environment variable that holds it.
    Variable,
    /// It reads a secret of a build service or platform by its name.
    Secret,
    /// It takes a key of a Kubernetes Secret.
    ManifestKey,
    /// It takes a whole Kubernetes Secret.
    ManifestSecret,
    /// It reads a Terraform variable.
    TerraformVariable,
    /// It reads a value of a Helm chart.
    HelmValue,
    /// The dossier says that a tool keeps it there, and it could not be read.
    Known,
}

impl By {
    /// In words, after "it".
    pub fn words(self) -> &'static str {
        match self {
            Self::Value => "holds the value",
            Self::Hash => "holds the SHA-256 of the value",
            Self::Variable => "reads the variable",
            Self::Secret => "reads the secret by its name",
            Self::ManifestKey => "takes the key of a Kubernetes Secret",
            Self::ManifestSecret => "takes the whole Kubernetes Secret",
            Self::TerraformVariable => "reads the Terraform variable",
            Self::HelmValue => "reads the value of the chart",
            Self::Known => "is where a tool keeps it",
        }
    }
}

/// What a place holds, as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uses {
    /// The old value, or its hash.
    OldValue,
    /// A reference to this name: it has switched when the place that defines
    /// the name has.
    Reference(String),
    /// The new value.
    NewValue,
    /// Neither value nor the reference: it was emptied, removed or given
    /// something else.
    Neither,
    /// It could not be read, and why.
    Unreadable(String),
}

/// A place that no program looks into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The tool.
    pub title: String,
    /// Where it keeps values, and why that is not read.
    pub place: String,
    /// How a new value gets there.
    pub switch: String,
}
