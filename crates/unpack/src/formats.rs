//! The forms that are known, in the order they are tried.

mod gzip;

use crate::Format;

/// Every form.
pub const FORMATS: &[&dyn Format] = &[&gzip::Gzip];

/// The form of some bytes, if they are a container; see [`Format::is`].
pub(crate) fn of(head: &[u8], name: Option<&[u8]>) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.is(head, name))
}
