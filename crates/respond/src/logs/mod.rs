//! Other evidence of use: what the logs of gateways and proxies say of a key.
//!
//! Logs are read line by line, compressed or not, and nothing of them is kept
//! but counts, times, addresses, paths without their queries, models and user
//! agents. A line counts as the key's if it holds the value (which is then an
//! exposure of its own), its SHA-256, its fingerprint, a name that a gateway
//! gave it, or the few characters that gateways show of it; the last is weak
//! evidence and counted apart. A log that names no key says nothing here.
//!
//! `lines` reads, `format` understands, `key` attributes, `tally` counts,
//! `network` knows addresses, `moment` times.

mod clean;
mod format;
mod key;
mod lines;
mod moment;
mod network;
mod tally;

use std::path::{Path, PathBuf};

use leeward_dossier::Dossier;
use leeward_model::{Coverage, Fingerprint, Hint, Location, NotScanned, Reason, Secret};
use leeward_source::Progress;

use self::{format::Understood, key::Recogniser, lines::Ended, tally::Counter};
pub use self::{
    key::Attribution,
    network::{BadNetwork, Network},
    tally::{AddressUse, BURST_LEAST, BURST_TIMES, Burst, Tally},
};

/// What is looked for in logs.
pub struct Query<'a> {
    /// The key's fingerprint.
    pub fingerprint: Fingerprint,
    /// The key, if at hand. Without it, lines that hold it are told by its
    /// shape.
    pub secret: Option<&'a Secret>,
    /// Its SHA-256 in hexadecimal digits, if that is known and the key is not at
    /// hand.
    pub sha256: Option<&'a str>,
    /// What may be shown of it, if it is not at hand.
    pub hint: Option<&'a Hint>,
    /// Names that gateways gave the key: an alias, an id. Lines that hold one
    /// as a whole word count as the key's.
    pub aliases: &'a [String],
    /// The dossier of its kind.
    pub dossier: &'a Dossier,
    /// Addresses that are the user's own; every other one is unknown.
    pub known: &'a [Network],
    /// Only what happened from this moment on, in seconds since 1970.
    pub since: Option<i64>,
}

/// What the logs say.
#[derive(Debug, Default)]
pub struct LogReport {
    /// Requests attributed to the key.
    pub requests: u64,
    /// How many by what, the strongest first.
    pub by_evidence: Vec<(Attribution, u64)>,
    /// What the counts rest on.
    pub strength: Strength,
    /// When the first of them was, in seconds since 1970.
    pub first: Option<i64>,
    /// When the last of them was.
    pub last: Option<i64>,
    /// By address, unknown ones first, then by requests.
    pub by_address: Vec<AddressUse>,
    /// Minutes that stand out.
    pub bursts: Vec<Burst>,
    /// By model, most requests first.
    pub by_model: Vec<Tally>,
    /// By path, without queries.
    pub by_path: Vec<Tally>,
    /// By user agent.
    pub by_user_agent: Vec<Tally>,
    /// Places in the logs where the value itself stands: exposures of their own.
    pub exposures: Vec<Location>,
    /// How many such places there are, listed or not.
    pub exposed: u64,
    /// All lines read.
    pub lines: u64,
    /// Lines whose form is not known, empty ones aside.
    pub lines_not_understood: u64,
    /// Requests of the key on lines that were not understood: counted, but in
    /// no table.
    pub bare_requests: u64,
    /// Requests of the key without a time that could be read.
    pub undated: u64,
    /// What was read and what was not.
    pub coverage: Coverage,
}

/// What counts rest on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strength {
    /// Nothing was attributed to the key.
    #[default]
    None,
    /// All by what only this key has: value, hash, fingerprint, alias.
    Strong,
    /// Some only by the few characters that gateways show.
    Mixed,
    /// All only by these: another key may end the same way.
    Weak,
}

/// The SHA-256 of a value in lower-case hexadecimal digits, as gateways log it.
pub fn sha256_of(secret: &Secret) -> String {
    crate::spell::sha256_hex(secret)
}

/// The most exposures that are listed.
const MOST_EXPOSURES: usize = 1000;

/// Reads logs: files, and the files directly in directories.
pub fn read(paths: &[PathBuf], query: &Query<'_>, progress: &Progress) -> LogReport {
    let mut reader = Reader::new(query);
    for path in paths {
        match lines::files(path) {
            Ok((files, left_out)) => {
                reader.report.coverage.not_scanned.extend(left_out);
                files.iter().for_each(|file| reader.file(file, progress));
            }
            Err(error) => reader.left_out(path, Reason::Unreadable(error.to_string())),
        }
    }
    reader.finish()
}

struct Reader<'q> {
    query: &'q Query<'q>,
    recogniser: Recogniser<'q>,
    counter: Counter<'q>,
    report: LogReport,
}

impl<'q> Reader<'q> {
    fn new(query: &'q Query<'q>) -> Self {
        Self {
            query,
            recogniser: Recogniser::new(query),
            counter: Counter::new(query.known),
            report: LogReport::default(),
        }
    }

    fn file(&mut self, path: &Path, progress: &Progress) {
        let ended = lines::each(path, progress, &mut |line| self.line(path, &line));
        match ended {
            Ok(Ended { bytes, problem }) => {
                self.report.coverage.bytes_scanned += bytes;
                match problem {
                    None => self.report.coverage.files_scanned += 1,
                    Some(reason) => self.left_out(path, reason),
                }
            }
            Err(error) => self.left_out(path, Reason::Unreadable(error.to_string())),
        }
    }

    fn line(&mut self, path: &Path, line: &lines::Line<'_>) {
        // A further part of a line that is too long to be held.
        self.report.lines += u64::from(line.is_first);
        let text = line.text.trim_ascii();
        if text.is_empty() {
            return;
        }
        let attributed = self
            .recogniser
            .recognise(line.text)
            .filter(|it| it.value.as_ref().is_none_or(|span| span.start < line.own_end));
        if let Some(span) = attributed.as_ref().and_then(|it| it.value.clone()) {
            self.report.exposed += 1;
            if self.report.exposures.len() < MOST_EXPOSURES {
                let place = clean::location(path, line, &span, self.recogniser.hint());
                self.report.exposures.push(place);
            }
        }
        let understood = if line.is_whole { format::understand(text) } else { Vec::new() };
        if understood.is_empty() && line.is_first {
            self.report.lines_not_understood += 1;
        }
        let Some(attributed) = attributed else { return };
        match &understood[..] {
            [] if line.is_first || attributed.how == Attribution::Value => {
                self.report.bare_requests += 1;
                self.counter.bare(attributed.how);
            }
            [] => {}
            [one] => self.request(one, attributed.how),
            many => {
                // Several requests on one line: each is the key's if it says so.
                for one in many {
                    if let Some(attributed) = self.recogniser.recognise(one.text.as_bytes()) {
                        self.request(one, attributed.how);
                    }
                }
            }
        }
    }

    fn request(&mut self, understood: &Understood, how: Attribution) {
        let is_before = |at: i64| self.query.since.is_some_and(|since| at < since);
        if understood.request.at.is_some_and(is_before) {
            return;
        }
        let cleaned = clean::request(&understood.request, &self.recogniser);
        self.counter.add(&cleaned, how);
    }

    fn left_out(&mut self, path: &Path, reason: Reason) {
        let path = path.as_os_str().as_encoded_bytes().to_vec();
        self.report.coverage.not_scanned.push(NotScanned { path, reason, bytes: None });
    }

    fn finish(self) -> LogReport {
        let mut report = self.report;
        self.counter.finish(&mut report);
        report
    }
}
