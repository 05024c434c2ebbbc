//! From a found, live key to "closed, proven dead", with and without an
//! administrator's key, and everything that can go wrong on the way.

use leeward_counterpart::{
    Counterpart, Cut, Fault, Key, World as Provider, random_twin, random_with_end_of,
};

use crate::{
    fixture::{Run, World, key, line},
    provider,
};

/// A key, recorded as incident 1, and its provider.
pub(crate) struct Case {
    pub(crate) world: World,
    pub(crate) server: Counterpart,
    pub(crate) key: String,
    pub(crate) admin: String,
}

/// What a provider is to be like, and the exposed key in it.
type Change<'c> = &'c dyn Fn(Provider, Key) -> Provider;

fn as_it_is(provider: Provider, key: Key) -> Provider {
    provider.key(key)
}

impl Case {
    /// Nothing uses the key any more: it lies in history.
    pub(crate) fn in_history(change: Change<'_>) -> Self {
        let world = World::repository();
        let key = key();
        world.commit_file("app/settings.py", &format!("MISTRAL_API_KEY = \"{key}\"\n"));
        world.commit_file("app/settings.py", "import os\n");
        Self::recorded(world, key, change)
    }

    /// An ignored file uses it, and an old commit holds it.
    pub(crate) fn in_use(change: Change<'_>) -> Self {
        let world = World::repository();
        let key = key();
        world.commit_file("config/old.env", &line(&key));
        world.git(&["rm", "-q", "config/old.env"]);
        world.commit_file(".gitignore", ".env\n");
        world.write(".env", line(&key));
        Self::recorded(world, key, change)
    }

    fn recorded(world: World, key: String, change: Change<'_>) -> Self {
        let admin = crate::fixture::key();
        let start = change(Provider::furnished(), Key::standard(&key));
        let server = Counterpart::start(start.key(Key::admin(&admin)));
        let case = Self { world, server, key, admin };
        case.asks(&["scan", "--record", "--verify", "--quiet", "."]).exits(1);
        case
    }

    /// Runs a command that asks this provider, as its administrator.
    pub(crate) fn asks(&self, args: &[&str]) -> Run {
        self.asks_as(&self.admin, args)
    }

    fn asks_as(&self, admin: &str, args: &[&str]) -> Run {
        let mut command = self.world.leeward(&self.world.work());
        command.args(provider::at(&self.server, args)).env("LEEWARD_ADMIN_KEY", admin);
        let run = Run::of(&command.output().unwrap());
        let living = self.server.living();
        let secrets = living.iter().map(|(_, value)| value.as_str());
        for secret in secrets.chain([self.key.as_str(), admin]) {
            let said = [&run.out, &run.err].into_iter().any(|text| text.contains(secret));
            assert!(!said, "a value was shown");
        }
        run
    }

    pub(crate) fn responds(&self, args: &[&str]) -> Run {
        self.asks(&[&["respond", "1"], args].concat())
    }

    /// What is kept of the incident.
    pub(crate) fn shown(&self) -> serde_json::Value {
        self.world.run(["incident", "show", "1", "--format", "json"]).exits(0).json()
    }

    pub(crate) fn state(&self) -> String {
        self.shown()["incident"]["state"].as_str().unwrap().to_owned()
    }

    fn written(&self, method: &str) -> usize {
        let requests = self.server.requests();
        requests.iter().filter(|it| it.method == method && it.path.contains("/admin/")).count()
    }

    fn is_alive(&self) -> bool {
        self.server.living().iter().any(|(_, value)| *value == self.key)
    }
}

#[test]
fn one_command_closes_it_and_proves_it_dead() {
    let case = Case::in_history(&as_it_is);
    let run = case.responds(&["--apply"]).exits(0);
    assert!(run.out.contains("closed, proven dead"), "{}", run.out);
    assert_eq!(case.state(), "closed");
    assert!(!case.is_alive());
    // Deleted once, and nothing was made that nobody needs.
    assert_eq!((case.written("DELETE"), case.written("POST")), (1, 0));
    case.server.assert_no_violations();
    case.world.run(["incident", "verify-log"]).exits(0);
    // Once more changes nothing.
    case.responds(&["--apply"]).exits(0);
    assert_eq!((case.written("DELETE"), case.written("POST")), (1, 0));
}

#[test]
fn a_plan_changes_nothing() {
    let case = Case::in_history(&as_it_is);
    let before = case.server.requests().len();
    let run = case.responds(&[]).exits(0);
    assert!(run.out.contains("nothing was changed"), "{}", run.out);
    assert_eq!(case.server.requests().len(), before);
    assert_eq!(case.state(), "open");
}

#[test]
fn what_uses_it_is_given_another_first() {
    let case = Case::in_use(&as_it_is);
    // Without a place for a replacement nothing is created, and nothing revoked.
    let run = case.responds(&["--apply"]).exits(1);
    assert!(run.out.contains("--to"), "{}", run.out);
    assert!(case.is_alive(), "something uses it");
    assert_eq!((case.written("DELETE"), case.written("POST")), (0, 0));

    let run = case.responds(&["--apply", "--to", "env:.env#MISTRAL_API_KEY"]).exits(0);
    assert!(run.out.contains("closed, proven dead"), "{}", run.out);
    let living = case.server.living();
    assert_eq!(living.len(), 1, "{:?}", living.iter().map(|(name, _)| name).collect::<Vec<_>>());
    let file = std::fs::read_to_string(case.world.work().join(".env")).unwrap();
    assert_eq!(file, line(&living[0].1));
    // Created before the other was deleted.
    let writes: Vec<String> = case
        .server
        .requests()
        .iter()
        .filter(|it| it.path.contains("/admin/api-keys") && it.method != "GET")
        .map(|it| it.method.to_string())
        .collect();
    assert_eq!(writes, ["POST", "DELETE"]);
    case.server.assert_no_violations();
}

#[test]
fn it_is_revoked_at_once_where_somebody_says_so() {
    let case = Case::in_use(&as_it_is);
    case.responds(&["revoke", "--apply", "--force"]).exits(1);
    assert!(!case.is_alive());
    assert_eq!(case.state(), "contained");
}

#[test]
fn without_an_administrator_a_person_clicks() {
    let case = Case::in_history(&as_it_is);
    let revoke = |args: &[&str]| {
        case.world.run(provider::at(&case.server, &[&["respond", "1", "revoke"], args].concat()))
    };
    let run = revoke(&["--apply"]).exits(1);
    assert!(run.out.contains("https://admin.mistral.ai/plateforme/api-keys"), "{}", run.out);
    assert!(run.out.contains("waiting  revoke"), "{}", run.out);
    // Somebody does.
    let mut command = case.world.leeward(&case.world.work());
    command.args(provider::at(&case.server, &["respond", "1", "revoke", "--apply"]));
    command.env("MISTRAL_ADMIN_API_KEY", &case.admin);
    assert!(command.output().unwrap().status.code() == Some(1));
    let run = revoke(&["--apply"]).exits(1);
    assert!(run.out.contains("proven dead"), "{}", run.out);
}

#[test]
fn a_wrong_administrator_revokes_nothing() {
    let case = Case::in_history(&as_it_is);
    let run = case.asks_as(&key(), &["respond", "1", "revoke", "--apply"]).exits(1);
    assert!(run.out.contains("failed   revoke"), "{}", run.out);
    assert!(case.is_alive());
    assert_eq!(case.state(), "open");
}

#[test]
fn an_administrator_who_may_not_revokes_nothing() {
    let weak = key();
    let case = Case::in_history(&|provider, exposed| {
        provider.key(exposed).key(Key::admin(&weak).without_permission())
    });
    let run = case.asks_as(&weak, &["respond", "1", "revoke", "--apply"]).exits(1);
    assert!(run.out.contains("failed   revoke"), "{}", run.out);
    assert!(case.is_alive());
}

#[test]
fn of_two_that_look_alike_the_one_that_it_says_it_is() {
    let case = Case::in_history(&|provider, exposed| {
        let twin = Key::standard(random_twin(exposed.value())).named("another");
        provider.key(twin).key(exposed)
    });
    case.responds(&["revoke", "--apply"]).exits(1);
    assert!(!case.is_alive());
    assert_eq!(case.server.living().len(), 1, "the other one is nobody's business");
}

#[test]
fn a_dead_key_with_a_twin_is_left_alone() {
    // It cannot be asked who it is: it was revoked elsewhere, and somebody
    // else's key looks like it.
    let case = Case::in_history(&|provider, exposed| {
        let twin = Key::standard(random_twin(exposed.value())).named("another");
        provider.key(twin).key(Key::revoked(exposed.value()))
    });
    case.responds(&["revoke", "--apply"]).exits(1);
    assert_eq!((case.server.living().len(), case.written("DELETE")), (1, 0));
}

#[test]
fn the_same_last_four_are_not_enough() {
    let case = Case::in_history(&|provider, exposed| {
        let other = Key::standard(random_with_end_of(exposed.value())).named("another");
        // The exposed key belongs to another organization.
        provider.key(other).key(exposed.undeletable())
    });
    let run = case.responds(&["revoke", "--apply"]).exits(1);
    assert!(run.out.contains("failed   revoke"), "{}", run.out);
    assert_eq!((case.server.living().len(), case.written("DELETE")), (2, 0));
}

#[test]
fn a_provider_that_says_yes_and_does_nothing_is_not_believed() {
    let case = Case::in_history(&|provider, exposed| provider.key(exposed).deletes_nothing());
    let run = case.responds(&["revoke", "--apply", "--patience", "1"]).exits(1);
    assert!(run.out.contains("failed   revoke"), "{}", run.out);
    assert!(run.out.contains("still lists it"), "{}", run.out);
    assert_eq!(case.state(), "open");
}

#[test]
fn a_revocation_may_take_a_while() {
    let case = Case::in_history(&|provider, exposed| provider.key(exposed).revocation_takes(3));
    let run = case.responds(&["revoke", "--apply"]).exits(1);
    assert!(run.out.contains("proven dead"), "{}", run.out);
    assert_eq!(case.written("DELETE"), 1);
}

#[test]
fn an_answer_that_is_lost_is_looked_up() {
    let case = Case::in_history(&as_it_is);
    let cut = Fault::Drop(Cut::BeforeAnswer)
        .after_doing()
        .on("/v1/admin/api-keys/{key_id}")
        .when("DELETE")
        .first(1);
    case.server.inject(cut);
    let run = case.responds(&["revoke", "--apply"]).exits(1);
    assert!(run.out.contains("proven dead"), "{}", run.out);
    assert_eq!(case.written("DELETE"), 1, "it is not repeated blindly");
}

#[test]
fn a_replacement_whose_value_is_lost_is_deleted_and_made_again() {
    let case = Case::in_use(&as_it_is);
    let cut =
        Fault::Drop(Cut::BeforeAnswer).after_doing().on("/v1/admin/api-keys").when("POST").first(1);
    case.server.inject(cut);
    let args = ["--apply", "--to", "env:.env#MISTRAL_API_KEY"];
    let run = case.responds(&args);
    assert_eq!(run.code, 1, "{}", run.out);
    case.responds(&args).exits(0);
    let living = case.server.living();
    assert_eq!(living.len(), 1, "{:?}", living.iter().map(|(name, _)| name).collect::<Vec<_>>());
    let file = std::fs::read_to_string(case.world.work().join(".env")).unwrap();
    assert_eq!(file, line(&living[0].1));
}

#[test]
fn a_destination_that_is_no_use_is_known_before_anything_is_created() {
    let case = Case::in_use(&as_it_is);
    // Git tracks the file.
    case.world.write("settings.env", "MISTRAL_API_KEY=\n");
    case.world.commit("settings");
    let run = case.responds(&["rotate", "--apply", "--to", "env:settings.env#MISTRAL_API_KEY"]);
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(run.out.contains("failed   rotate"), "{}", run.out);
    assert_eq!(case.written("POST"), 0, "{}", run.out);
}

#[test]
fn closing_asks_for_every_required_step_or_a_reason() {
    let case = Case::in_history(&as_it_is);
    let close = |args: &[&str]| case.world.run([&["incident", "close", "1"], args].concat());
    let run = close(&[]).exits(2);
    assert!(run.err.contains("`revoke`"), "{}", run.err);
    case.responds(&["revoke", "assess", "--apply"]).exits(1);
    close(&["--waive", "audit="]).exits(2);
    close(&["--waive", "nothing=because"]).exits(2);
    let waived = ["--waive", "audit=no plan with audit logs", "--waive", "rotate=unused"];
    close(&waived).exits(2);
    close(&[&waived[..], &["--waive", "update-dependents=unused"]].concat()).exits(0);
    assert_eq!(case.state(), "closed");
    let shown = case.world.run(["incident", "show", "1"]).exits(0);
    assert!(shown.out.contains("no plan with audit logs"), "{}", shown.out);
}

#[test]
fn a_live_key_is_not_closed_by_waiving_the_rest() {
    let case = Case::in_history(&as_it_is);
    let run = case.world.run(["incident", "close", "1", "--waive", "revoke="]).exits(2);
    assert!(run.err.contains("reason"), "{}", run.err);
    assert_eq!(case.state(), "open");
}

#[test]
fn one_that_is_found_alive_again_is_opened_again() {
    let case = Case::in_history(&as_it_is);
    case.responds(&["--apply"]).exits(0);
    // Somebody made it work again: the same value at another server.
    let again = provider::with(Key::standard(&case.key));
    let scan = ["scan", "--record", "--verify", "--quiet", "."];
    let run = case.world.ask(&again, &scan).exits(1);
    assert!(run.err.contains("reopened 1"), "{}", run.err);
    assert_eq!(case.state(), "reopened");
}

#[test]
fn two_do_not_respond_at_once() {
    let case = Case::in_history(&|provider, exposed| provider.key(exposed).revocation_takes(400));
    let mut command = case.world.leeward(&case.world.work());
    command
        .args(provider::at(&case.server, &["respond", "1", "revoke", "--apply", "--as", "first"]))
        .env("LEEWARD_ADMIN_KEY", &case.admin)
        .stdout(std::process::Stdio::null());
    let mut first = command.spawn().unwrap();
    for _ in 0..500 {
        if case.written("DELETE") > 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let run = case.responds(&["revoke", "--apply", "--as", "second"]);
    first.kill().unwrap();
    first.wait().unwrap();
    let run = run.exits(2);
    assert!(run.err.contains("first"), "{}", run.err);
}

#[test]
fn evidence_can_be_checked_by_others() {
    let case = Case::in_history(&as_it_is);
    case.responds(&["--apply"]).exits(0);
    let run = case.world.run(["incident", "export", "1", "--output", "pack"]).exits(0);
    let head = run.out.rsplit(' ').next().unwrap().trim().to_owned();
    case.world.run(["incident", "verify-log", "--head", &head]).exits(0);
    let check = std::process::Command::new("python3")
        .arg("check.py")
        .current_dir(case.world.work().join("pack"))
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
    case.world.run(["incident", "export", "1", "--output", "pack"]).exits(2);
    case.world.run(["incident", "export", "1", "--output", "pack.zip"]).exits(0);
    let archive = std::fs::read(case.world.work().join("pack.zip")).unwrap();
    assert!(archive.starts_with(b"PK"));
}

#[test]
fn a_replacement_that_is_in_use_is_never_deleted() {
    let case = Case::in_use(&as_it_is);
    let first = ["assess", "rotate", "--apply", "--to", "env:.env#MISTRAL_API_KEY"];
    case.responds(&first).exits(1);
    let made = case.server.living().len();
    case.world.write(".gitignore", "*.env\n.env\n");
    // Another place: what is kept in the first is not forgotten.
    let run = case.responds(&["rotate", "--apply", "--to", "env:b.env#OTHER"]).exits(1);
    assert_eq!(case.server.living().len(), made, "{}", run.out);
    assert!(run.out.contains("env:.env#MISTRAL_API_KEY"), "{}", run.out);
    assert_eq!(case.written("DELETE"), 0, "{}", run.out);
    // Both named: the same value goes to the second too.
    let both = ["--to", "env:.env#MISTRAL_API_KEY", "--to", "env:b.env#OTHER"];
    case.responds(&[&["rotate", "--apply"][..], &both].concat()).exits(1);
    assert_eq!(case.server.living().len(), made);
    let read = |name: &str| std::fs::read_to_string(case.world.work().join(name)).unwrap();
    let value = |text: String| text.trim().split_once('=').unwrap().1.to_owned();
    assert!(value(read(".env")) == value(read("b.env")));
}

#[test]
fn what_was_switched_back_is_not_revoked() {
    let case = Case::in_use(&as_it_is);
    let steps = ["assess", "rotate", "update-dependents", "--apply"];
    case.responds(&[&steps[..], &["--to", "env:.env#MISTRAL_API_KEY"]].concat()).exits(1);
    case.world.write("other.env", line(&case.key));
    case.responds(&["revoke", "--apply"]).exits(1);
    assert!(case.is_alive(), "something uses it again");
}

#[test]
fn a_reopened_incident_is_to_be_done_again() {
    let case = Case::in_history(&as_it_is);
    case.responds(&["--apply"]).exits(0);
    let again = provider::with(Key::standard(&case.key));
    case.world.ask(&again, &["scan", "--record", "--verify", "--quiet", "."]).exits(1);
    let shown = case.shown();
    let steps = shown["incident"]["steps"].as_array().or(shown["steps"].as_array()).unwrap();
    assert!(steps.iter().all(|step| step["progress"] == "open"), "{steps:#?}");
    case.world.run(["incident", "close", "1"]).exits(2);
    case.world.run(["incident", "verify-log"]).exits(0);
}

#[test]
fn a_persons_word_is_held_against_what_the_provider_says() {
    let case = Case::in_history(&as_it_is);
    let attest = ["revoke", "--attest", "deleted it in the console"];
    let run = case.responds(&attest).exits(1);
    assert!(run.out.contains("failed   revoke"), "{}", run.out);
    assert_eq!(case.state(), "open");
    case.responds(&["revoke", "--attest", ""]).exits(2);
    case.responds(&["audit", "--attest", "no model or day that is not ours"]).exits(1);
    let shown = case.world.run(["incident", "show", "1"]).exits(0);
    assert!(shown.out.contains("no model or day that is not ours"), "{}", shown.out);
}

#[test]
fn leaving_revocation_out_contains_nothing() {
    let case = Case::in_history(&as_it_is);
    case.responds(&["--waive", "revoke=it is a test key"]).exits(1);
    assert_eq!(case.state(), "open");
    assert!(case.is_alive());
}

#[test]
fn of_two_of_one_name_the_one_whose_id_it_says() {
    let case = Case::in_history(&|provider, exposed| {
        let twin = Key::standard(random_twin(exposed.value())).named("ci");
        provider.key(twin).key(exposed.named("ci"))
    });
    case.responds(&["revoke", "--apply"]).exits(1);
    assert!(!case.is_alive());
    assert_eq!(case.server.living().len(), 1);
}

#[test]
fn a_provider_that_is_away_is_no_reason_to_hurry() {
    let case = Case::in_use(&as_it_is);
    case.server.inject(Fault::Status(503, String::new()).always());
    let run = case.responds(&["--apply", "--patience", "1", "--ask-within", "5"]);
    assert_eq!(run.code, 1, "{}", run.out);
    case.server.mend();
    assert!(case.is_alive());
    assert_eq!(case.written("DELETE"), 0);
}

#[test]
fn a_brake_only_lowers() {
    let case = Case::in_history(&as_it_is);
    case.responds(&["harden", "--apply", "--brake", "50"]).exits(1);
    let run = case.responds(&["harden", "--apply", "--brake", "100000"]).exits(1);
    assert!(run.out.contains("would raise it"), "{}", run.out);
    let sent = case.server.requests();
    let sent = sent.iter().filter(|it| it.path.contains("spend-limit") && it.method == "POST");
    assert_eq!(sent.count(), 1);
}

#[test]
fn names_that_look_like_values_are_found_again() {
    let name = "build0123456789abcdefghijklmno";
    let case = Case::in_use(&|provider, exposed| provider.key(exposed.named(name)));
    let cut = Fault::Drop(Cut::BeforeAnswer).after_doing().on("/v1/admin/api-keys");
    case.server.inject(cut.when("POST").first(1));
    let place = "d0123456789abcdefghijklmnop.env";
    case.world.write(".gitignore", ".env\n*.env\n");
    let to = [&format!("env:{place}#MISTRAL_API_KEY"), "env:.env#MISTRAL_API_KEY"];
    let args = ["--apply", "--to", to[0], "--to", to[1]];
    case.responds(&args);
    case.responds(&args).exits(0);
    assert_eq!(case.server.living().len(), 1);
    let file = std::fs::read_to_string(case.world.work().join(place)).unwrap();
    assert!(file.contains(&case.server.living()[0].1));
}

#[test]
fn what_is_done_with_a_live_key_is_not_read_once_and_for_all() {
    let case = Case::in_history(&as_it_is);
    let run = case.responds(&["audit", "--apply"]).exits(1);
    assert!(run.out.contains("waiting  audit"), "{}", run.out);
    let run = case.responds(&["revoke", "audit", "--apply"]).exits(1);
    assert!(run.out.contains("done     audit"), "{}", run.out);
}
