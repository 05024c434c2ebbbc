//! Values taken out of source files: what each language and format gets, that
//! the result runs where its interpreter is at hand, that no diff shows a
//! value, and that the real `git apply` takes the patch.

#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod applied;
mod languages;

use std::path::Path;

use leeward_counterpart::random_value;
use leeward_model::Secret;
use leeward_respond::{
    patch::{Cannot, Edit, propose},
    vault::Destination,
};

/// Where the value stands in a text of a test.
const HOLE: &str = "@@";

/// An edit for a text with a hole for the value; the text with it, too.
fn edit(file: &str, text: &str, place: &str) -> (Result<Edit, Cannot>, String, String) {
    let value = random_value();
    let start = text.find(HOLE).expect("a hole");
    let text = text.replace(HOLE, &value);
    let reference = Destination::parse(place).unwrap().reference();
    let edit = propose(
        Path::new(file),
        text.as_bytes(),
        start..start + value.len(),
        &Secret::new(value.as_bytes()),
        "MISTRAL_API_KEY",
        &reference,
    );
    if let Ok(edit) = &edit {
        assert!(!format!("{edit:?}").contains(&value), "{edit:?}");
        assert!(edit.masked_diff.contains('…'), "{}", edit.masked_diff);
    }
    (edit, text, value)
}

/// What becomes of a text; where the value stood elsewhere too it still does.
fn changed(file: &str, text: &str, place: &str) -> String {
    let (edit, text, value) = edit(file, text, place);
    let new = edit.unwrap_or_else(|why| panic!("{file}: {why}")).apply(text.as_bytes()).unwrap();
    String::from_utf8(new.to_vec()).unwrap().replace(&value, HOLE)
}

fn cannot(file: &str, text: &str) -> String {
    edit(file, text, "vault:secret/app#MISTRAL_API_KEY").0.unwrap_err().to_string()
}
