//! Attachments that trouble keeps from being read, such as files that their server has
//! lost: after some tries they are put off to the end of the look, so that what comes
//! after them does not wait for ever. Nothing is given up before it failed in many
//! looks, and an outage puts off a few at most: then the source waits.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{attached::Gathered, trouble::Trouble, words::fitting};

/// Times that the same one must fail in a row.
const OUTAGES: u32 = 8;

/// Looks at whose end one is tried again.
const LOOKS: u32 = 10;

/// The most that are put off: more of them are an outage.
const MOST: usize = 50;

/// Why one was not read so far.
pub(crate) const PUT_OFF: &str = "trouble again and again; put off to the end of the look";

/// What was put off: by the name of what it hangs on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct PutOff(VecDeque<(String, u32)>);

impl PutOff {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Puts off what hangs on this.
    pub(crate) fn add(&mut self, name: &str) {
        let name = fitting(name);
        if !self.0.iter().any(|(other, _)| *other == name) {
            self.0.push_back((name, 0));
        }
    }

    /// Tries the first so many again, until one fails: the others are for the next look.
    /// `read` says whether all of it was handed out, or the page is full.
    pub(crate) fn again(
        &mut self,
        count: usize,
        gathered: &mut Gathered,
        mut read: impl FnMut(&str, &mut Gathered) -> Result<bool, Trouble>,
    ) {
        gathered.skip.clear();
        for _ in 0..count {
            let Some((name, failed)) = self.0.pop_front() else { return };
            match read(&name, gathered) {
                Ok(true) => {}
                Ok(false) | Err(Trouble::Stopped | Trouble::Refused(_)) => {
                    return self.0.push_front((name, failed));
                }
                Err(trouble) if failed + 1 >= LOOKS => {
                    gathered.gap(&name, format!("{trouble}; given up after {LOOKS} looks"));
                    return;
                }
                Err(_) => return self.0.push_back((name, failed + 1)),
            }
        }
    }
}

/// The attachments at which a source stood still, while it runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stuck {
    at: Option<(u64, u32)>,
    /// Those that failed too often, the newest last.
    over: VecDeque<u64>,
}

impl Stuck {
    /// Those that are passed over, unless too many are.
    pub(crate) fn skip(&self, put_off: &PutOff) -> Vec<u64> {
        if put_off.len() >= MOST { Vec::new() } else { self.over.iter().copied().collect() }
    }

    /// Takes down at which attachment, if at one, there was trouble instead of a page.
    pub(crate) fn note(&mut self, failed: Option<u64>, trouble: &Trouble) {
        let outage = failed.filter(|_| matches!(trouble, Trouble::Later { .. }));
        let Some(print) = outage else { return };
        let before = self.at.filter(|(at, _)| *at == print).map_or(0, |(_, times)| times);
        self.at = Some((print, before + 1));
        if before + 1 >= OUTAGES && !self.over.contains(&print) {
            self.over.push_back(print);
            if self.over.len() > MOST {
                self.over.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_outage_is_waited_for() {
        let mut stuck = Stuck::default();
        let mut put_off = PutOff::default();
        let outage = Trouble::Later { after: Duration::from_secs(60), why: String::new() };
        for _ in 0..OUTAGES {
            stuck.note(Some(7), &Trouble::Stopped);
            stuck.note(None, &outage);
            assert!(stuck.skip(&put_off).is_empty());
            stuck.note(Some(1), &outage);
        }
        for _ in 0..OUTAGES {
            assert_eq!(stuck.skip(&put_off), [1], "also while there is trouble with another");
            stuck.note(Some(2), &outage);
        }
        assert_eq!(stuck.skip(&put_off), [1, 2]);
        for n in 0..MOST {
            put_off.add(&format!("APP-{n}"));
            put_off.add("APP-0");
        }
        assert_eq!(put_off.len(), MOST);
        assert!(stuck.skip(&put_off).is_empty(), "too many are an outage");
    }
}
