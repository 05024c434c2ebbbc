//! What a person sees, whole. Everything that differs from run to run is
//! replaced by a word for it.

use insta::{Settings, assert_snapshot};
use leeward_counterpart::{Counterpart, Key};

use crate::{
    fixture::{World, hint, key, line},
    provider,
};

/// Snapshots of one world and its key.
fn screens(world: &World, key: Option<&str>) -> Settings {
    let mut settings = Settings::clone_current();
    if let Some(key) = key {
        settings.add_filter(&hint(key), "[hint]");
        settings.add_filter(r"\^{9,}", "^^^");
    }
    settings.add_filter(&world.work().display().to_string(), "[work]");
    settings.add_filter(r"lw1_[0-9a-f]{32}", "[fingerprint]");
    settings.add_filter(r"\b[0-9a-f]{40}\b", "[object]");
    settings.add_filter(r"\([0-9]+ (days|months|years) ago\)", "([age])");
    settings.add_filter(r"[0-9.]+ (bytes?|[kM]B)\b", "[size]");
    settings.add_filter(r"[0-9.]+ (ms|s)\b", "[time]");
    settings.add_filter(r"pack-\[object\]\.pack", "[pack]");
    settings.set_omit_expression(true);
    settings
}

#[test]
fn help() {
    let world = World::new();
    let text = world.run(["--help"]).exits(0).out;
    screens(&world, None).bind(|| assert_snapshot!(text));
}

#[test]
fn help_of_scan() {
    let world = World::new();
    let text = world.run(["scan", "--help"]).exits(0).out;
    screens(&world, None).bind(|| assert_snapshot!(text));
}

#[test]
fn help_of_respond() {
    let world = World::new();
    let text = world.run(["respond", "--help"]).exits(0).out;
    screens(&world, None).bind(|| assert_snapshot!(text));
}

#[test]
fn help_of_incident() {
    let world = World::new();
    let text = world.run(["incident", "--help"]).exits(0).out;
    screens(&world, None).bind(|| assert_snapshot!(text));
}

#[test]
fn help_of_dossier() {
    let world = World::new();
    let text = world.run(["dossier", "--help"]).exits(0).out;
    screens(&world, None).bind(|| assert_snapshot!(text));
}

#[test]
fn help_of_verify() {
    let world = World::new();
    let text = world.run(["verify", "--help"]).exits(0).out;
    screens(&world, None).bind(|| assert_snapshot!(text));
}

#[test]
fn help_of_assess() {
    let world = World::new();
    let text = world.run(["assess", "--help"]).exits(0).out;
    screens(&world, None).bind(|| assert_snapshot!(text));
}

#[test]
fn help_of_probe() {
    let world = World::new();
    let text = [&["probe", "--help"][..], &["probe", "hosts", "--help"]];
    let text = text.map(|args| world.run(args).exits(0).out).join("\n");
    screens(&world, None).bind(|| assert_snapshot!(text));
}

/// The same, of a provider that is asked.
fn screens_of(world: &World, key: &str, server: &Counterpart) -> Settings {
    let mut settings = screens(world, Some(key));
    settings.add_filter(&server.address().to_string(), "[provider]");
    settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d\s+UTC", "[time]");
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[time]");
    settings.add_filter(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[id]");
    settings
}

#[test]
fn one_verified_value() {
    let (world, key) = (World::new(), key());
    let server = provider::with(Key::standard(&key));
    let text = world.ask_about(&server, &["verify"], &key).exits(1).out;
    screens_of(&world, &key, &server).bind(|| assert_snapshot!(text));
}

#[test]
fn one_verified_finding() {
    let (world, key) = (World::new(), key());
    let server = provider::with(Key::standard(&key));
    world.write("config/app.env", line(&key));
    let text = world.ask(&server, &["scan", "--verify"]).exits(1).out;
    screens_of(&world, &key, &server).bind(|| assert_snapshot!(text));
}

#[test]
fn a_plan() {
    let world = World::new();
    let text = world.run(["verify", "--plan", "--dossier", "mistral-api-key"]).exits(0).out;
    screens(&world, None).bind(|| assert_snapshot!(text));
}

#[test]
fn one_finding() {
    let (world, key) = (World::new(), key());
    world.write("config/app.env", format!("# for later\n{}", line(&key)));
    let text = world.run(["scan"]).exits(1).out;
    screens(&world, Some(&key)).bind(|| assert_snapshot!(text));
}

#[test]
fn one_finding_in_history() {
    let (world, key) = (World::repository(), key());
    let commit = world.commit_file("app.env", &line(&key));
    world.commit_file("app.env", "# gone\n");
    let text = world.run(["scan", "--history-only"]).exits(1).out.replace(&commit[..8], "[commit]");
    screens(&world, Some(&key)).bind(|| assert_snapshot!(text));
}

#[test]
fn nothing_found() {
    let world = World::new();
    world.write("readme.md", "hello\n");
    let text = world.run(["scan"]).exits(0).out;
    screens(&world, None).bind(|| assert_snapshot!(text));
}

#[test]
fn not_everything_looked_at() {
    let (victim, world) = (World::repository(), World::new());
    world.write(".git", format!("gitdir: {}\n", victim.work().join(".git").display()));
    let text = world.run(["scan"]).exits(3).out;
    let mut settings = screens(&world, None);
    settings.add_filter(&victim.work().display().to_string(), "[elsewhere]");
    settings.bind(|| assert_snapshot!(text));
}

#[test]
fn a_complaint() {
    let world = World::new();
    let text = world.run(["scan", "no/such/place"]).exits(2).err;
    screens(&world, None).bind(|| {
        assert_snapshot!(text);
    });
}

#[test]
fn a_complaint_about_what_was_typed() {
    let world = World::new();
    let text = world.run(["scan", "--formatt", "json"]).exits(2).err;
    screens(&world, None).bind(|| assert_snapshot!(text));
}
