//! Everything in a text that names a vendor, with where and how it does.
//!
//! This only collects; which piece of evidence belongs to which value is the
//! scope's to say, and what it weighs the judge's.

use std::ops::Range;

use crate::{
    lexicon::{Lexicon, Owner},
    names::{self, Role},
};

/// How a text names a vendor, most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A host of its API.
    Host,
    /// An import of its library.
    Import,
    /// Its name.
    Word,
    /// One of its products, which others may serve too.
    Product,
}

/// One naming of a vendor.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    /// The whole word run it stands in.
    pub(crate) run: Range<usize>,
    pub(crate) owner: Owner,
    pub(crate) class: Class,
    /// Whether the run is the name of something (`x =`, `"x":`), and then
    /// whether of a credential.
    pub(crate) names: Option<Named>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Credential,
    Other,
}

/// Collects the evidence within `region`, in order.
pub(crate) fn collect(text: &[u8], region: Range<usize>, lexicon: &Lexicon) -> Vec<Evidence> {
    let mut found = Vec::new();
    let mut at = region.start;
    while at < region.end {
        if !names::is_name_byte(text[at]) {
            at += 1;
            continue;
        }
        let mut start = at;
        // The letter of `\n`, `\t` or `\r` belongs to the escape.
        if start > 0 && text[start - 1] == b'\\' && matches!(text[start], b'n' | b't' | b'r') {
            start += 1;
        }
        while at < region.end && names::is_name_byte(text[at]) {
            at += 1;
        }
        if start < at && at - start <= 160 {
            read_run(text, start..at, lexicon, &mut found);
        }
    }
    found
}

fn read_run(text: &[u8], run: Range<usize>, lexicon: &Lexicon, found: &mut Vec<Evidence>) {
    let bytes = &text[run.clone()];
    let lower = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let mut push = |owner, class| {
        found.push(Evidence { run: run.clone(), owner, class, names: None });
    };
    let mut hosts = Vec::new();
    if lower.contains('.') {
        for part in lower.split(['/', '@', '$', '_']).map(|part| part.trim_matches(['.', '-'])) {
            if let Some(owner) = lexicon.host(part) {
                push(owner, Class::Host);
                hosts.push(owner);
            }
        }
    }
    let words = words_of(bytes);
    let credential = words.iter().any(|word| names::role(word) == Some(Role::Credential));
    if !credential && let Some(owner) = product(&lower, lexicon) {
        push(owner, Class::Product);
        finish(text, &run, credential, found);
        return;
    }
    let mut last = None;
    for word in &words {
        if let Some(owner) = lexicon.word(word)
            && last != Some(owner)
            && !hosts.contains(&owner)
        {
            last = Some(owner);
            let class = if is_import(text, &run) { Class::Import } else { Class::Word };
            found.push(Evidence { run: run.clone(), owner, class, names: None });
        }
    }
    finish(text, &run, credential, found);
}

fn words_of(bytes: &[u8]) -> Vec<String> {
    names::words(bytes)
}

fn product(lower: &str, lexicon: &Lexicon) -> Option<Owner> {
    lexicon.product(lower).or_else(|| {
        let (_, rest) = lower.split_once('/')?;
        lexicon.product(rest)
    })
}

fn finish(text: &[u8], run: &Range<usize>, credential: bool, found: &mut [Evidence]) {
    let names = is_name_of_something(text, run.end).then_some(if credential {
        Named::Credential
    } else {
        Named::Other
    });
    for evidence in found.iter_mut().rev().take_while(|evidence| evidence.run == *run) {
        evidence.names = names;
    }
}

/// Whether what ends at `end` is followed by `=` or `:` as a name is.
fn is_name_of_something(text: &[u8], end: usize) -> bool {
    let mut rest =
        text[end..].iter().copied().enumerate().take(12).skip_while(|&(_, byte)| {
            matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']' | b' ' | b'\t')
        });
    match rest.next() {
        Some((at, b':')) => {
            let next = text.get(end + at + 1);
            !matches!(next, Some(b'/' | b':'))
        }
        Some((at, b'=')) => !matches!(text.get(end + at + 1), Some(b'=' | b'~')),
        _ => false,
    }
}

/// Whether the run stands on a line that imports it.
fn is_import(text: &[u8], run: &Range<usize>) -> bool {
    const STARTS: [&str; 10] = [
        "import", "from", "using", "use ", "require", "library(", "#include", "#r ", "open ",
        "export {",
    ];
    let start = crate::lines::start(text, run.start);
    let line = &text[start..run.start];
    let trimmed = line.trim_ascii_start();
    let trimmed = trimmed.strip_prefix(b"+").unwrap_or(trimmed).trim_ascii_start();
    let trimmed = trimmed.strip_prefix(b"\"").unwrap_or(trimmed);
    STARTS.iter().any(|start| trimmed.starts_with(start.as_bytes()))
        || memchr::memmem::find(line, b"require(").is_some()
        || memchr::memmem::find(line, b"import(").is_some()
}
