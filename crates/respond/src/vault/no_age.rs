//! What stands in the place of `age` in a build without it.

use leeward_model::Secret;

use super::{Destination, Held, Keeper, Receipt, Reference, Trouble};

pub(super) struct NoAge(pub(super) Destination);

const WHY: &str = "this build of Leeward cannot use age: build it with `--features age`, or put \
                   the value into a SOPS file (`sops:FILE#KEY`), which may be for age recipients";

impl Keeper for NoAge {
    fn plan(&self) -> Vec<String> {
        vec![format!("nothing: {WHY}")]
    }

    fn put(&self, _: &Secret) -> Result<Receipt, Trouble> {
        Err(Trouble::Refused(WHY.to_owned()))
    }

    fn holds(&self, _: &dyn Fn(&Secret) -> bool) -> Result<Held, Trouble> {
        Err(Trouble::Refused(WHY.to_owned()))
    }

    fn reference(&self) -> Reference {
        self.0.reference()
    }
}
