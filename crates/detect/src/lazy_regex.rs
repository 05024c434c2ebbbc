//! Expressions that cost nothing until a blob needs them, and are bounded then.

use std::sync::OnceLock;

use regex::bytes::Regex;

/// An expression that is compiled when a blob first needs it.
#[derive(Debug)]
pub(crate) struct LazyRegex {
    source: String,
    compiled: OnceLock<Option<Regex>>,
}

impl LazyRegex {
    pub(crate) fn new(source: &str) -> Self {
        Self { source: source.to_owned(), compiled: OnceLock::new() }
    }

    /// `None` if the expression does not compile, which `dossier check`
    /// reports.
    pub(crate) fn get(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(&self.source).ok()).as_ref()
    }
}

/// Largest compiled expression, in bytes: bounds what a user's dossier may
/// cost.
const LARGEST_REGEX: usize = 1 << 20;

fn compile(source: &str) -> Result<Regex, regex::Error> {
    regex::bytes::RegexBuilder::new(source)
        .unicode(false)
        .size_limit(LARGEST_REGEX)
        .dfa_size_limit(LARGEST_REGEX)
        .build()
}
