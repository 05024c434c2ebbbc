//! Where an answer leads: the links in its header, and redirects, which are followed
//! a few times at most and never with the credential to another place.

use url::Url;

use crate::{
    client::{Answer, Ask, Client},
    trouble::Trouble,
};

/// Redirects in a row. A renamed repository is one, a download two.
const HOPS: usize = 3;

impl Answer {
    /// The link of a kind, such as `next`, in its `Link` header (RFC 8288).
    pub fn link(&self, kind: &str) -> Option<&str> {
        let mut rest = self.header("link")?;
        // Each is `<address>; name=value; …`, parted by commas; an address may hold both.
        while let Some((_, from)) = rest.split_once('<') {
            let (address, after) = from.split_once('>')?;
            let end = after.find('<').unwrap_or(after.len());
            let is_kind = after[..end].split([';', ',']).any(|part| {
                let Some((name, value)) = part.split_once('=') else { return false };
                let value = value.trim().trim_matches('"');
                name.trim().eq_ignore_ascii_case("rel")
                    && value.split_ascii_whitespace().any(|one| one.eq_ignore_ascii_case(kind))
            });
            if is_kind {
                return Some(address);
            }
            rest = &after[end..];
        }
        None
    }

    /// Where it redirects to, if it does.
    fn leads_to(&self, from: &Url) -> Option<Url> {
        let is_moved = matches!(self.status, 301 | 302 | 303 | 307 | 308);
        from.join(self.header("location")?).ok().filter(|_| is_moved)
    }
}

impl Client {
    /// Asks, and follows redirects within the same scheme, host and port. One that
    /// leads elsewhere is followed if `elsewhere` says so, as for a download, without
    /// the credential and by the rules for links to hosts of others.
    ///
    /// # Errors
    /// As [`ask`](Self::ask); redirects without end, and to where they must not.
    pub fn ask_on(&mut self, ask: &Ask, elsewhere: bool) -> Result<Answer, Trouble> {
        let mut ask = ask.clone();
        for _ in 0..=HOPS {
            let answer = self.ask(&ask)?;
            let Some(to) = answer.leads_to(ask.url()) else { return Ok(answer) };
            if to.origin() == ask.url().origin() {
                ask = ask.moved(to)?;
            } else if elsewhere {
                ask = ask.moved(to)?.anonymous().without_headers();
            } else {
                return Err(Trouble::Strange(format!(
                    "a redirect to another place: {}",
                    crate::client::shown(&to)
                )));
            }
        }
        Err(Trouble::Strange("redirects without end".to_owned()))
    }
}
