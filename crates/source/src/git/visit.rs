//! What a walk gives to whoever wants the objects.

use std::io::Read;

use leeward_model::{Base, ObjectId, Reason, Trace};

use super::object::Kind;

/// One thread's view of who wants the objects.
pub(super) trait Visit: Send {
    /// Looks at an object.
    fn visit(&mut self, object: Object<'_>) -> Trace;

    /// Looks at an object too large to be held, piece by piece.
    fn visit_stream(
        &mut self,
        kind: Kind,
        id: ObjectId,
        size: u64,
        bytes: &mut dyn Read,
    ) -> Result<(), Reason>;

    /// How many objects it was shown to the end since it was last asked, and which of
    /// them have to be shown again the next time.
    fn take_shown(&mut self) -> (u64, Vec<ObjectId>) {
        (0, Vec::new())
    }
}

/// An object in hand.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    pub(super) kind: Kind,
    pub(super) id: ObjectId,
    pub(super) bytes: &'a [u8],
    pub(super) base: Option<Base<'a>>,
}
