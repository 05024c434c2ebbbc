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
    /// The run is a credential's name.
    pub(crate) credential: bool,
    /// The run refers to a variable that holds a credential: `${X_API_KEY}`,
    /// `os.environ["X_API_KEY"]`.
    pub(crate) reference: bool,
    /// It is the value of something that has nothing to do with the vendor's
    /// keys: a user, a database.
    pub(crate) account: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Credential,
    Other,
}

impl Evidence {
    /// A naming of which nothing but its place and class is known yet.
    fn new(run: &Range<usize>, owner: Owner, class: Class) -> Self {
        Self {
            run: run.clone(),
            owner,
            class,
            names: None,
            credential: false,
            reference: false,
            account: false,
        }
    }
}

/// A longer run of name bytes names nobody: it is data.
const LONGEST_RUN: usize = 160;

/// Collects the evidence within `region`, in order.
pub(crate) fn collect(text: &[u8], region: Range<usize>, lexicon: &Lexicon) -> Vec<Evidence> {
    let mut found = Vec::new();
    let mut at = region.start;
    while at < region.end {
        let (begins, mut kinds) = (at, 0);
        while at < region.end {
            let kind = names::kind_of(text[at]);
            if kind == 0 {
                break;
            }
            kinds |= kind;
            at += 1;
        }
        if begins == at {
            at += 1;
            continue;
        }
        let mut start = begins;
        // The letter of `\n`, `\t` or `\r` belongs to the escape.
        if start > 0 && text[start - 1] == b'\\' && matches!(text[start], b'n' | b't' | b'r') {
            start += 1;
        }
        if start < at && at - start <= LONGEST_RUN && may_name(&text[start..at], kinds, lexicon) {
            read_run(text, start..at, lexicon, &mut found);
        }
    }
    found
}

/// Whether a run, of bytes of these kinds, may name somebody: most are words that do not,
/// and that is seen without a copy of them.
fn may_name(run: &[u8], kinds: u8, lexicon: &Lexicon) -> bool {
    if kinds == names::LOWER || kinds == names::UPPER {
        return lexicon.may_know(run);
    }
    kinds & names::DOT != 0
        || lexicon.may_begin_product(run)
        || names::word_ranges(run).any(|word| lexicon.may_know(&run[word]))
}

fn read_run(text: &[u8], run: Range<usize>, lexicon: &Lexicon, found: &mut Vec<Evidence>) {
    let bytes = &text[run.clone()];
    if bytes.len() >= 20 {
        let parts = bytes.split(|byte| !byte.is_ascii_alphanumeric());
        let longest = parts.map(<[u8]>::len).max().unwrap_or(0);
        if longest >= 20 && crate::value::wordiness(bytes) < 0.0 {
            // Letters of a random value spell anything.
            return;
        }
    }
    let mut lower = [0; LONGEST_RUN];
    let lower = &mut lower[..bytes.len()];
    lower.copy_from_slice(bytes);
    lower.make_ascii_lowercase();
    // Bytes of names are ASCII.
    let Ok(lower) = std::str::from_utf8(lower) else { return };
    let mut push = |owner, class| {
        found.push(Evidence::new(&run, owner, class));
    };
    let mut has_host = false;
    if bytes.contains(&b'.') {
        if lower.starts_with("//") && run.start > 0 && text[run.start - 1] == b':' {
            let host = lower[2..].split(['/', '$']).next().unwrap_or_default();
            if !host.is_empty() && lexicon.host(host).is_none() {
                push(Lexicon::STRANGER, Class::Host);
            }
        }
        for part in lower.split(['/', '@', '$', '_']).map(|part| part.trim_matches(['.', '-'])) {
            if let Some(owner) = lexicon.host(part) {
                push(owner, Class::Host);
                has_host = true;
            }
        }
    }
    let words = || names::word_ranges(bytes).map(|word| &lower[word]);
    let credential = || words().any(|word| names::role(word) == Some(Role::Credential));
    if let Some(owner) = product(lower, lexicon)
        && !credential()
    {
        push(owner, Class::Product);
        finish(text, &run, false, found);
        return;
    }
    // Whose key is at a host is the host's to say.
    if !has_host {
        let embedded = words().nth(1).is_some() || is_quoted(text, &run);
        let mut last = None;
        for word in words() {
            let owner = if embedded { lexicon.plain_word(word) } else { lexicon.word(word) };
            // Whose key a gateway's product takes is the gateway's to say.
            let served = || last.is_some_and(|first| lexicon.is_gateway(first));
            if let Some(owner) = owner
                && last != Some(owner)
                && !served()
            {
                last = Some(owner);
                let class = if is_import(text, &run) { Class::Import } else { Class::Word };
                found.push(Evidence::new(&run, owner, class));
            }
        }
    }
    if found.last().is_some_and(|last| last.run == run) {
        finish(text, &run, credential(), found);
    }
}

/// Whose product a run is. In `openrouter/mistralai/mistral-7b` the gateway's
/// name comes first, and whose key it takes is the gateway's to say.
fn product(lower: &str, lexicon: &Lexicon) -> Option<Owner> {
    lexicon.product(lower)
}

/// Adds to what a run names how it stands in the text.
fn finish(text: &[u8], run: &Range<usize>, credential: bool, found: &mut [Evidence]) {
    let account = is_account(text, run);
    let names = is_name_of_something(text, run.end).then_some(if credential {
        Named::Credential
    } else {
        Named::Other
    });
    for evidence in found.iter_mut().rev().take_while(|evidence| evidence.run == *run) {
        evidence.names = names;
        evidence.credential = credential;
        evidence.reference = credential && is_reference(text, run);
        evidence.account = account;
    }
}

/// Whether a run stands in quotes by itself, or is all that follows a colon.
fn is_quoted(text: &[u8], run: &Range<usize>) -> bool {
    let quote = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let before = text[..run.start].trim_ascii_end().last().copied();
    let line_ends = matches!(text.get(run.end), None | Some(b'\n' | b'\r'));
    quote(text.get(run.end)) && quote(text[..run.start].last())
        || line_ends && matches!(before, Some(b':' | b'='))
}

/// Whether a run is the name of a variable that is read here.
fn is_reference(text: &[u8], run: &Range<usize>) -> bool {
    const OPENINGS: [&str; 12] = [
        "environ[",
        "getenv(",
        "env(",
        "env[",
        "env.",
        "secrets.",
        "${",
        "$",
        "environ.get(",
        "{{",
        "var(",
        "secrets[",
    ];
    let bytes = &text[run.clone()];
    let own = bytes.starts_with(b"$")
        || memchr::memmem::find(bytes, b"env.").is_some()
        || memchr::memmem::find(bytes, b"secrets.").is_some()
        || bytes.starts_with(b"os.environ/");
    let before = text[run.start.saturating_sub(20)..run.start].to_ascii_lowercase();
    let before = before.trim_ascii_end();
    let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before);
    let before = before.strip_suffix(b"\\").unwrap_or(before).trim_ascii_end();
    own || OPENINGS.iter().any(|opening| before.ends_with(opening.as_bytes()))
}

/// Whether a run is the value of `user:`, `database=` and the like.
fn is_account(text: &[u8], run: &Range<usize>) -> bool {
    let start = crate::lines::start(text, run.start).max(run.start.saturating_sub(60));
    let before = text[start..run.start].trim_ascii_end();
    let before =
        before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before).trim_ascii_end();
    let Some(name) = before.strip_suffix(b":").or(before.strip_suffix(b"=")) else { return false };
    let name_start = name
        .iter()
        .rposition(|byte| matches!(byte, b' ' | b'{' | b',' | b'\t' | b'\n'))
        .map_or(0, |i| i + 1);
    let words = names::words(&name[name_start..]);
    words.last().is_some_and(|last| {
        matches!(
            last.as_str(),
            "user"
                | "clientid"
                | "username"
                | "login"
                | "database"
                | "db"
                | "dbname"
                | "tenant"
                | "schema"
                | "namespace"
                | "container"
                | "role"
                | "owner"
                | "queue"
                | "topic"
        )
    })
}

/// Whether what ends at `end` is followed by `=` or `:` as a name is.
pub(crate) fn is_name_of_something(text: &[u8], end: usize) -> bool {
    let mut rest =
        text[end..].iter().copied().enumerate().take(12).skip_while(|&(_, byte)| {
            matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']' | b' ' | b'\t')
        });
    match rest.next() {
        Some((at, b':')) => {
            let next = text.get(end + at + 1);
            !matches!(next, Some(b'/' | b':'))
        }
        // `variable "x" {` and `class X {` name a structure.
        Some((_, b'{')) => true,
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

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_dossier::Library;

    /// Classes of the evidence for Mistral in a text.
    fn classes(text: &str) -> Vec<Class> {
        let lexicon = Lexicon::new(&Library::builtin());
        let owner = lexicon.owner_of("mistral").expect("Mistral has dossiers");
        collect(text.as_bytes(), 0..text.len(), &lexicon)
            .into_iter()
            .filter(|item| item.owner == owner)
            .map(|item| item.class)
            .collect()
    }

    #[test]
    fn a_vendor_is_named_in_four_ways() {
        assert_eq!(classes("url = https://api.mistral.ai/v1/chat"), [Class::Host]);
        assert_eq!(classes("from mistralai import client"), [Class::Import]);
        assert_eq!(classes("provider: mistral"), [Class::Word]);
        assert_eq!(classes("model: mistral-small-latest"), [Class::Product]);
        assert_eq!(classes("new ChatMistralAI({"), [Class::Word]);
        assert_eq!(classes("nothing of the kind"), []);
    }

    #[test]
    fn a_gateway_speaks_for_itself() {
        assert_eq!(classes("model: openrouter/mistralai/mistral-7b"), []);
        assert_eq!(classes("https://Mistral-small.eastus2.models.ai.azure.com/v1"), []);
    }

    #[test]
    fn random_values_spell_nothing() {
        assert_eq!(classes("x = aQmistral7Zk2Lw9Xc4Vb8Nm1Pq6Rt3Y"), []);
    }

    #[test]
    fn references_are_told_from_names() {
        let lexicon = Lexicon::new(&Library::builtin());
        let first = |text: &str| collect(text.as_bytes(), 0..text.len(), &lexicon)[0].clone();
        assert!(first("key: process.env.MISTRAL_API_KEY,").reference);
        assert!(first("os.environ[\"MISTRAL_API_KEY\"]").reference);
        assert!(!first("name: MISTRAL_API_KEY").reference);
        assert_eq!(first("MISTRAL_API_KEY = x").names, Some(Named::Credential));
        assert_eq!(first("MISTRAL_MODEL: x").names, Some(Named::Other));
    }
}
