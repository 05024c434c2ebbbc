//! What a step would do, for a person to read before it is done.

use leeward_model::StepName;

/// What a step would do now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What would be asked or done, in order.
    pub acts: Vec<Planned>,
    /// What is missing, lower-case, each with how to give it.
    pub needs: Vec<String>,
    /// What a person does where a program cannot.
    pub manual: Option<Manual>,
    /// What is good to know first, lower-case.
    pub notes: Vec<String>,
}

/// One thing that would be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// In words, lower-case.
    pub text: String,
    /// Whether it changes something outside.
    pub changes: bool,
}

/// What a person does, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manual {
    /// In a line.
    pub title: String,
    /// How.
    pub text: String,
    /// The page where it is done.
    pub link: Option<String>,
}

impl Plan {
    /// With something that is only read.
    pub(crate) fn asks(mut self, text: impl Into<String>) -> Self {
        self.acts.push(Planned { text: text.into(), changes: false });
        self
    }

    /// With something that is changed.
    pub(crate) fn changes(mut self, text: impl Into<String>) -> Self {
        self.acts.push(Planned { text: text.into(), changes: true });
        self
    }

    /// With something that is missing.
    pub(crate) fn needs(mut self, text: impl Into<String>) -> Self {
        self.needs.push(text.into());
        self
    }

    /// With something good to know.
    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// With what the dossier tells a person to do.
    pub(crate) fn by_hand(mut self, dossier: &leeward_dossier::Dossier, step: StepName) -> Self {
        let told = dossier.remediation.iter().find(|told| told.step == step);
        self.manual = told.map(|told| Manual {
            title: told.title.clone(),
            text: told.text.clone(),
            link: told.link.clone(),
        });
        self
    }
}
