//! A line to one server: requests go out under its address, and answers come
//! back in memory that is wiped. What they mean is the caller's.

use std::cell::OnceCell;

use leeward_probe::{Courier, Delivered, Network, Parcel};
use zeroize::Zeroizing;

use super::{Access, Trouble};

/// A line to one address.
pub(super) struct Line<'a> {
    access: &'a Access,
    courier: OnceCell<Courier>,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    /// It may hold values.
    pub(super) body: Zeroizing<Vec<u8>>,
    rest: Delivered,
}

impl Answer {
    /// A header of the answer, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.rest.header(name)
    }

    /// The body as JSON of a known shape.
    pub(super) fn json<'b, T: serde::Deserialize<'b>>(&'b self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Whether the body has a text. For telling one answer from another, not
    /// for showing.
    pub(super) fn says(&self, text: &str) -> bool {
        let (body, text) = (self.body.as_slice(), text.as_bytes());
        body.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text))
    }
}

impl<'a> Line<'a> {
    pub(super) fn new(access: &'a Access) -> Self {
        Self { access, courier: OnceCell::new() }
    }

    /// Sends a request. All requests of a line go to one host; before the first
    /// is sent, the caller may say how it is reached, such as which issuers its
    /// certificate may come from besides the usual.
    pub(super) fn send(
        &self,
        parcel: Parcel,
        reached: impl FnOnce(&mut Network) -> Result<(), Trouble>,
    ) -> Result<Answer, Trouble> {
        let courier = match self.courier.get() {
            Some(courier) => courier,
            None => {
                let mut network = self.access.network.clone();
                reached(&mut network)?;
                let trusted = [parcel.host_name()];
                let courier = Courier::new(&network, &trusted, self.access.stop.clone())?;
                self.courier.get_or_init(|| courier)
            }
        };
        let mut rest = courier.send(parcel)?;
        let body = Zeroizing::new(std::mem::take(&mut rest.body));
        Ok(Answer { status: rest.status, body, rest })
    }
}

/// An address of the user's and a path under it.
pub(super) fn under(base: &str, path: &str) -> String {
    format!("{}{path}", base.trim().trim_end_matches('/'))
}

/// A step of a path, with everything encoded that would end it.
pub(super) fn step(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, KEPT).to_string()
}

/// Several steps, separated by `/`.
pub(super) fn steps(text: &str) -> String {
    text.split('/').map(step).collect::<Vec<_>>().join("/")
}
