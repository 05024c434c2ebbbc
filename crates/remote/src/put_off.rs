//! Attachments that trouble keeps from being read, such as files that their server has
//! lost: after some tries they are put off to the end of the look, so that what comes
//! after them does not wait for ever. Nothing is given up before it failed in many
//! looks, and an outage puts off a few at most: then the source waits.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{attached::Gathered, trouble::Trouble};

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
    pub(crate) fn add(&mut self, name: String) {
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
        gathered.skip = None;
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

/// The attachment at which a source stands still.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stuck {
    at: Option<(u64, u32)>,
}

impl Stuck {
    /// The one that is passed over, unless too many are.
    pub(crate) fn skip(self, put_off: &PutOff) -> Option<u64> {
        let (print, times) = self.at?;
        (times >= OUTAGES && put_off.len() < MOST).then_some(print)
    }

    /// Takes down at which attachment, if at one, there was trouble instead of a page.
    pub(crate) fn note(&mut self, failed: Option<u64>, trouble: &Trouble) {
        let outage = failed.filter(|_| matches!(trouble, Trouble::Later { .. }));
        let Some(print) = outage else { return };
        let before = self.at.filter(|(at, _)| *at == print).map_or(0, |(_, times)| times);
        self.at = Some((print, before + 1));
    }
}
