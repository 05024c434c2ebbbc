//! A place that this build cannot use: it says so, and what would.

use leeward_model::Secret;

use super::{Destination, Held, Keeper, Receipt, Reference, Trouble};

pub(super) struct Unbuilt(Destination);

impl Unbuilt {
    pub(super) fn new(destination: Destination) -> Self {
        Self(destination)
    }

    fn why(&self) -> String {
        format!("this build of Leeward cannot use `{}`", self.0)
    }
}

impl Keeper for Unbuilt {
    fn plan(&self) -> Vec<String> {
        vec![format!("nothing: {}", self.why())]
    }

    fn put(&self, _: &Secret) -> Result<Receipt, Trouble> {
        Err(Trouble::Refused(self.why()))
    }

    fn holds(&self, _: &dyn Fn(&Secret) -> bool) -> Result<Held, Trouble> {
        Err(Trouble::Refused(self.why()))
    }

    fn reference(&self) -> Reference {
        self.0.reference()
    }
}
