//! An edit as a diff: masked, for people; whole, for `git apply`.

use std::path::Path;

use diffy::DiffOptions;
use leeward_model::{Secret, acts_on_display};
use memchr::memmem;
use zeroize::Zeroizing;

/// A unified diff in which values are masked wherever they stand, and which
/// does nothing to a terminal.
pub(super) fn masked<'s>(
    file: &Path,
    old: &[u8],
    new: &[u8],
    secrets: impl IntoIterator<Item = &'s Secret>,
) -> String {
    let [mut old, mut new] = [old, new].map(|text| Zeroizing::new(text.to_vec()));
    for secret in secrets {
        let hint = secret.hint();
        #[expect(clippy::disallowed_methods, reason = "it is looked for in order to be masked")]
        let value = secret.expose();
        for text in [&mut old, &mut new] {
            *text = Zeroizing::new(without(text, value, hint.as_str()));
        }
    }
    let name = slashed(file);
    let name = inert(name.as_bytes());
    let options = named(&name);
    options.create_patch(&inert(&old), &inert(&new)).to_string()
}

/// A patch that can be applied, with the old value in it.
pub(super) fn patch(file: &Path, old: &[u8], new: &[u8]) -> Vec<u8> {
    named(&slashed(file)).create_patch_bytes(old, new).to_bytes()
}

fn named(name: &str) -> DiffOptions {
    let mut options = DiffOptions::new();
    options.set_original_filename(format!("a/{name}")).set_modified_filename(format!("b/{name}"));
    options
}

fn slashed(file: &Path) -> String {
    file.to_string_lossy()
        .replace('\\', "/")
        .trim_start_matches("./")
        .trim_start_matches('/')
        .to_owned()
}

fn without(text: &[u8], value: &[u8], hint: &str) -> Vec<u8> {
    let mut masked = Vec::with_capacity(text.len());
    let mut at = 0;
    // A value of no bytes stands everywhere and hides nothing.
    for found in memmem::find_iter(text, value).filter(|_| !value.is_empty()) {
        masked.extend_from_slice(&text[at..found]);
        masked.extend_from_slice(hint.as_bytes());
        at = found + value.len();
    }
    masked.extend_from_slice(&text[at..]);
    masked
}

/// Foreign text with its lines and tabs, and nothing else that acts.
fn inert(text: &[u8]) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in String::from_utf8_lossy(text).chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\r' => {}
            c if acts_on_display(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}
