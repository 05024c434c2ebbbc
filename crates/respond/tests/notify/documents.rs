//! What is sent to a webhook, held to its published schema.

use leeward_model::{StepName, Validity};
use leeward_respond::notify::{Happening, Notice};
use serde_json::Value;

use crate::sample::{KINDS, channels, hostile, notice};

const SCHEMA: &str = include_str!("../../../../docs/schema/alert-1.json");

fn document(notice: &Notice) -> String {
    let toml = format!("[[alert]]\nname = \"here\"\n{}", KINDS[0].1);
    channels(&toml).unwrap().letters(notice).remove(0).body
}

#[test]
fn the_schema_holds() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let mut bare = notice(Happening::Closed);
    (bare.next, bare.link, bare.exposure, bare.incident.due) = (None, None, None, None);
    bare.incident.closed_at = Some(bare.at);
    let mut odd = notice(Happening::Overdue);
    (odd.at, odd.incident.opened_at) = (i64::MAX, i64::MIN);
    odd.incident.validity = Validity::Unchecked;
    let notices = [
        notice(Happening::Opened),
        notice(Happening::Failed(StepName::UpdateDependents)),
        hostile("\u{1b}[2J\u{202e}\n\"}{"),
        bare,
        odd,
    ];
    for notice in notices {
        let document = document(&notice);
        let value: Value = serde_json::from_str(&document).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}\n{document}");
        let mut closed = value.clone();
        closed["incident"].as_object_mut().unwrap().remove("hint");
        assert!(!validator.is_valid(&closed), "the schema demands what there is");
    }
}

#[test]
fn foreign_text_comes_back_whole_and_acts_on_no_display() {
    let text = "a\u{1b}]8;;x\u{7}\u{202e}\u{e0041}\nb\"";
    let document = document(&hostile(text));
    assert!(!document.chars().any(leeward_model::acts_on_display), "{document}");
    let value: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(value["incident"]["place"], text);
    let summary = value["summary"].as_str().unwrap();
    assert!(!summary.chars().any(leeward_model::acts_on_display), "{summary}");
}
