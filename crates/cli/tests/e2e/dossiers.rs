//! `leeward dossier`, and dossiers that users bring.

use std::path::PathBuf;

use crate::fixture::{World, key};

/// A dossier of a kind that does not exist: that of OpenAI's key with another
/// mark in its middle.
fn own() -> String {
    include_str!("../../../../dossiers/openai/api-key.toml")
        .replace("T3BlbkFJ", "AcmeTok9")
        .replace("t3blbkfj", "acmetok9")
        .replace("family = \"openai\"", "family = \"acme\"")
        .replacen("OpenAI API key", "Acme token", 1)
}

fn write_own(world: &World, text: &str) -> PathBuf {
    let folder = world.beside("dossiers");
    std::fs::create_dir_all(folder.join("acme")).unwrap();
    std::fs::write(folder.join("acme/token.toml"), text).unwrap();
    folder
}

#[test]
fn all_kinds_are_listed() {
    let out = World::new().run(["dossier", "list"]).exits(0).out;
    let line_of = |id: &str| out.lines().find(|line| line.starts_with(id)).expect(id);
    assert!(line_of("mistral-api-key").contains("high"), "{out}");
    assert!(line_of("mistral-codestral-key").contains("high"), "{out}");
    assert!(line_of("mistral-admin-key").contains("critical"), "{out}");
    assert!(out.lines().count() >= 5, "{out}");
}

#[test]
fn a_page_says_what_a_security_team_asks() {
    let out = World::new().run(["dossier", "show", "mistral-api-key"]).exits(0).out;
    for asked in
        ["MISTRAL_API_KEY", ".env", "What an attacker can do", "How to verify", "What to do"]
    {
        assert!(out.contains(asked), "{asked}");
    }
}

#[test]
fn a_wrong_id_is_answered_with_the_right_one() {
    let run = World::new().run(["dossier", "show", "mistral"]).exits(2);
    assert!(run.err.contains("did you mean") && run.err.contains("mistral-api-key"), "{}", run.err);
}

#[test]
fn the_built_in_ones_are_as_they_should_be() {
    let out = World::new().run(["dossier", "check"]).exits(0).out;
    assert!(out.contains("mistral-api-key: "), "{out}");
}

#[test]
fn a_mistake_is_shown_where_it_is() {
    let world = World::new();
    let text = own().replacen("anchors =", "anchor =", 1);
    let line = 1 + text.lines().position(|line| line.starts_with("anchor =")).unwrap();
    let folder = write_own(&world, &text);
    let path = folder.join("acme/token.toml");
    let folder = folder.to_str().unwrap();
    for (args, code) in [
        // To a check, a mistake is what it looks for.
        (&["dossier", "check", folder][..], 1),
        (&["dossier", "list", "--dossiers", folder], 2),
        (&["dossier", "show", "acme-token", "--dossiers", folder], 2),
        (&["scan", "--dossiers", folder], 2),
    ] {
        let run = world.run(args).exits(code);
        let said = format!("{}{}", run.out, run.err);
        assert!(said.contains("unknown field `anchor`"), "{said}");
        assert!(said.contains(&format!("{}:{line}:1", path.display())), "{said}");
        assert!(
            said.lines().any(|line| line.trim_start_matches([' ', '|']).starts_with('^')),
            "{said}"
        );
    }
}

#[test]
fn an_example_that_does_not_hold_is_named() {
    let world = World::new();
    let text = own().replacen("found = true", "found = false", 1);
    let folder = write_own(&world, &text);
    let run = world.run(["dossier", "check", folder.to_str().unwrap()]).exits(1);
    let said = format!("{}{}", run.out, run.err);
    assert!(said.contains("acme-token: example `"), "{said}");
}

#[test]
fn a_users_dossier_is_found_listed_and_detected() {
    let world = World::new();
    let folder = write_own(&world, &own());
    let folder = folder.to_str().unwrap();
    world.run(["dossier", "check", folder]).exits(0);
    let list = world.run(["dossier", "list", "--dossiers", folder]).exits(0);
    assert!(list.out.contains("acme-token"), "{}", list.out);
    let page = world.run(["dossier", "show", "acme-token", "--dossiers", folder]).exits(0);
    assert!(page.out.starts_with("# Acme token"), "{}", page.out);

    let long = || key() + &key()[..16];
    let token = format!("sk-proj-{}AcmeTok9{}", long(), long());
    world.write("a.py", format!("client = Client(\"{token}\")\n"));
    world.run(["scan"]).exits(0);
    let run = world.run(["scan", "--format", "json", "--dossiers", folder]).exits(1);
    assert_eq!(run.finding()["dossier"], "acme-token");
    assert!(!run.out.contains(&token));
}
