//! `leeward serve` as a whole: what is pushed, polled, sent in and fed becomes incidents
//! that providers were asked about, on the dashboard and in the API; it survives being
//! killed; a step is taken from a page; and no value comes out anywhere.

#![expect(
    clippy::print_stderr,
    reason = "how long things took is for whoever reads the output of the test"
)]
#![cfg(all(unix, feature = "serve"))]

mod queued;
mod served;
#[cfg(feature = "fleet")]
mod shared;
mod site;

use std::{
    fs,
    time::{Duration, Instant},
};

use leeward_counterpart::{Counterpart, Key, World as Provider};
use serde_json::json;

use self::{
    served::{Served, Told},
    site::Site,
};
use crate::fixture::{World, key, line};

/// Longer means that something is broken; usually it is a second.
const BROKEN: Duration = Duration::from_secs(20);

fn repository(updated: &str) -> serde_json::Value {
    json!({ "full_name": "acme/app", "private": true, "empty": false, "updated_at": updated })
}

fn settings(world: &World, site: &Site) -> String {
    let at = &site.at;
    let token = world.beside("token");
    let text = format!(
        r#"
[watch]
verify = true

[[source]]
name = "code"
service = "gitea"
base_url = "http://{at}"
repositories = ["acme/app"]
what = ["repositories"]
token_file = "{token}"
every_seconds = 1
rate = 50.0

[[source]]
name = "hub"
service = "github"
base_url = "http://{at}/hub"
repositories = ["acme/pushed"]
what = ["repositories"]
every_seconds = 3600

[[source]]
name = "intel"
service = "intake"
texts = ["/text"]
id = "/id"

[[source]]
name = "pastes"
service = "feed"
belongs = "anyone"
every_seconds = 1
[source.listing]
url = "http://{at}/feed"
kind = "json"
[source.items]
at = "/pastes"
id = "/id"
[source.body]
text = "/text"
[source.manners]
requests_a_second = 10.0

[[serve.hook]]
source = "hub"
kind = "github"
secret = {{ env = "HUB_SECRET" }}
hosts = ["{at}"]

[[serve.hook]]
source = "intel"
kind = "intake"
secret = {{ env = "INTEL_SECRET" }}
"#,
        token = token.display()
    );
    let path = world.beside("leeward.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn everything_that_is_watched_becomes_one_incident_and_can_be_closed_from_a_page() {
    let world = World::new();
    let [pushed, polled, sent, fed, late, again] = std::array::from_fn(|_| key());
    let strangers: Vec<String> = (0..5).map(|_| key()).collect();
    let (admin, token) = (key(), format!("tea-{}", key()));
    let mut provider = Provider::furnished().key(Key::admin(&admin));
    for value in [&pushed, &polled, &sent, &fed, &late, &again].into_iter().chain(&strangers) {
        provider = provider.key(Key::standard(value));
    }
    let provider = Counterpart::start(provider);
    fs::write(world.beside("token"), &token).unwrap();
    let site = Site::start(world.beside("site"), "/acme/app.git", &token);
    let tea = "/api/v1/repos/acme/app";
    site.commit(&world, "acme/app", "a.env", "NOTHING=1\n");
    site.put(tea, repository("2026-11-01T00:00:00Z"));
    site.put("/feed", json!({ "pastes": [] }));
    site.commit(&world, "acme/pushed", "a.env", &line(&pushed));
    let config = settings(&world, &site);

    // Ours, by its fingerprint.
    world
        .run_with_input(&["watch", "ours", "--store", "a.db"], |pipe| {
            pipe.write_all(fed.as_bytes()).unwrap();
        })
        .exits(0);

    let secrets =
        [&pushed, &polled, &sent, &fed, &late, &again].into_iter().chain(&strangers).cloned();
    let mut canaries: Vec<String> = secrets.collect();
    canaries.extend([admin.clone(), token, Served::HUB.to_owned(), Served::INTEL.to_owned()]);
    let start = || Served::start(&world, &config, &provider.url(), &admin, &canaries);
    let mut served = start();
    served.sets_up();

    // A push, told by a webhook.
    let body = json!({
        "ref": "refs/heads/main", "before": "0".repeat(40),
        "after": site.head(&world, "acme/pushed"),
        "repository": { "clone_url": format!("http://{}/acme/pushed.git", site.at) },
    })
    .to_string();
    let forged = served.push(&body, "not the secret at all", "d-0");
    assert_eq!(forged.status, 401, "{}", forged.text);
    let begun = Instant::now();
    let taken = served.push(&body, Served::HUB, "d-1");
    assert_eq!(taken.status, 202, "{}", taken.text);
    let from_push = served.active(&pushed, begun);
    let page = served.page(&format!("/incidents/{}", from_push.id));
    assert!(page.contains("active") && page.contains("acme/pushed"), "{page}");

    // The same by polling.
    site.commit(&world, "acme/app", "a.env", &line(&polled));
    site.put(tea, repository("2026-11-02T00:00:00Z"));
    let from_poll = served.active(&polled, Instant::now());

    // What others send.
    let intel = json!({ "id": "seen-1", "text": format!("seen on a board: {}", line(&sent)) });
    let forged = served.sends_in(&intel, "Bearer not-the-secret-of-this-hook");
    assert_eq!(forged.status, 401);
    let count = served.incidents().len();
    let begun = Instant::now();
    let taken = served.sends_in(&intel, &format!("Bearer {}", Served::INTEL));
    assert_eq!(taken.status, 202, "{}", taken.text);
    let from_intake = served.active(&sent, begun);
    assert_eq!(served.incidents().len(), count + 1);

    // One of ours among other people's.
    let mut pastes: Vec<_> = (0..).zip(&strangers).map(|(id, v)| paste(id, v)).collect();
    pastes.push(paste(99, &fed));
    site.put("/feed", json!({ "pastes": pastes }));
    let from_feed = served.active(&fed, Instant::now());
    assert_eq!(served.incidents().len(), 4);

    // Killed in the middle; what happens meanwhile is not lost, what was is not done twice.
    served.kill();
    site.commit(&world, "acme/app", "b.env", &line(&late));
    site.put(tea, repository("2026-11-03T00:00:00Z"));
    let mut served = start();
    served.signs_in();
    let from_late = served.active(&late, Instant::now());
    let replayed = served.push(&body, Served::HUB, "d-2");
    assert_eq!(replayed.status, 409, "{}", replayed.text);
    let incidents = served.incidents();
    assert_eq!(incidents.len(), 5);
    for incident in &incidents {
        assert_eq!(
            (incident["places"].as_u64(), incident["state"].as_str()),
            (Some(1), Some("open"))
        );
    }

    // A step from a page; this process never saw the value, and reads it where it lies.
    let begun = Instant::now();
    let said = served.applies(from_late.id, "revoke");
    eprintln!("revoked from a page after {:?}: {said}", begun.elapsed());
    assert!(!provider.living().iter().any(|(_, value)| *value == late), "{said}");
    let shown = served.json(&format!("/api/v1/incidents/{}", from_late.id));
    assert_eq!(
        (shown["state"].as_str(), shown["validity"].as_str()),
        (Some("contained"), Some("inactive")),
        "{shown:#}"
    );
    served.looks_everywhere(&[&from_push, &from_poll, &from_intake, &from_feed, &from_late]);

    // Copied while it runs.
    let copied = world.run(["backup", "copy.db", "--store", "a.db"]).exits(0);
    assert!(copied.err.contains("head"), "{}", copied.err);
    served.ends();

    let kept = ["--config", &config, "--store", "a.db"];
    let status = world.run([&["watch", "--status"], &kept[..]].concat());
    assert!(status.out.contains("code") && status.out.contains("pastes"), "{}", status.out);
    let once = |source: &str| {
        let args = [&["watch", "--once", "--source", source], &kept[..]].concat();
        let args: Vec<&str> = [&args[..], &["--base-url"]].concat();
        let mut command = world.leeward(&world.work());
        command.args(args).arg(provider.url());
        command.env("HUB_SECRET", Served::HUB).env("INTEL_SECRET", Served::INTEL);
        crate::fixture::Run::of(&command.output().unwrap())
    };
    once("code").exits(0);
    site.commit(&world, "acme/app", "c.env", &line(&again));
    site.put(tea, repository("2026-11-04T00:00:00Z"));
    once("code").exits(1);
    world.run(["incident", "verify-log", "--store", "a.db"]).exits(0);
    world.run(["incident", "verify-log", "--store", "copy.db"]).exits(0);
    // Other people's were counted, and nobody was asked about them.
    let status = world.run([&["watch", "--status"], &kept[..]].concat());
    assert!(status.out.contains("5 of other people"), "{}", status.out);
    let asked = |place: usize| {
        provider.requests().iter().any(|it| it.key == leeward_counterpart::KeySeen::Known(place))
    };
    // The administrator's is the first, then six of ours.
    assert!((1..7).all(asked) && !(7..12).any(asked));
    served::in_no_file(&world.work(), &canaries);
    provider.assert_no_violations();
}

fn paste(id: u64, value: &str) -> serde_json::Value {
    json!({ "id": id.to_string(), "text": format!("look what I have: {}", line(value)) })
}

impl Served<'_> {
    /// The incident of a value when it is known to be live, on a page and in the API.
    fn active(&self, value: &str, begun: Instant) -> Told {
        let hint = crate::fixture::hint(value);
        loop {
            let found = self.incidents().into_iter().find(|it| it["hint"] == hint.as_str());
            if let Some(found) = found
                && found["validity"] == "active"
                && let page = self.page(&format!("/incidents/{}", found["id"]))
                && page.contains("active")
                && page.contains(&hint)
            {
                let told =
                    Told { id: found["id"].as_u64().unwrap(), place: found["place"].to_string() };
                eprintln!("active after {:?}: {}", begun.elapsed(), told.place);
                return told;
            }
            assert!(begun.elapsed() < BROKEN, "{:#?}\n{}", self.incidents(), self.log());
            std::thread::sleep(Duration::from_millis(30));
        }
    }
}
