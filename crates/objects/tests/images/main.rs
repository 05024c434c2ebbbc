//! Images as they are read from a registry.

#![cfg(unix)]

mod hub;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    sync::Mutex,
    time::{Duration, Instant},
};

use leeward_model::{
    Blob, Content, Coverage, Inspect, Judged, Mark, Origin, Position, Reason, Secret, Trace,
    Wanted, Worker,
};
use leeward_objects::{ImageAccess, ImageName, ImageOptions, scan_image};
use leeward_source::Progress;

use crate::hub::{Hub, Manners, digest};

/// Keeps what it is shown by the path below the image's name, and reads what begins
/// with `tar` as a whole.
#[derive(Default)]
struct Seen {
    texts: Mutex<BTreeMap<String, Vec<u8>>>,
    memory: Option<&'static Memory>,
}

#[derive(Default)]
struct Memory(Mutex<BTreeSet<Mark>>);

impl Judged for Memory {
    fn is_clean(&self, mark: Mark) -> bool {
        self.0.lock().expect("nobody panicked").contains(&mark)
    }

    fn clean(&self, mark: Mark) {
        self.0.lock().expect("nobody panicked").insert(mark);
    }
}

struct Seer<'s>(&'s Seen);

impl<'s> Inspect for &'s Seen {
    type Worker = Seer<'s>;

    fn worker(&self) -> Seer<'s> {
        Seer(self)
    }

    fn pieces_done(&self, _: Origin<'_>, _: &[Position]) {}

    fn judged(&self) -> Option<&dyn Judged> {
        self.memory.map(|memory| memory as &dyn Judged)
    }
}

impl Seer<'_> {
    fn keep(&self, origin: Origin<'_>, bytes: &[u8]) {
        let path = String::from_utf8_lossy(origin.path().unwrap_or_default()).into_owned();
        let what = path.split_once(":1.2/").map_or(path.as_str(), |(_, what)| what).to_owned();
        let mut texts = self.0.texts.lock().expect("nobody panicked");
        texts.entry(what).or_default().extend_from_slice(bytes);
    }
}

impl Worker for Seer<'_> {
    fn inspect(&mut self, blob: Blob<'_>) -> Trace {
        let own = blob.piece.map_or(0..blob.bytes.len(), |piece| piece.own_start..piece.own_end);
        self.keep(blob.origin, &blob.bytes[own]);
        Trace::default()
    }

    fn wants(&self, _: Origin<'_>, head: &[u8]) -> Wanted {
        if head.starts_with(b"tar") { Wanted::Whole } else { Wanted::Pieces }
    }

    fn open(&mut self, origin: Origin<'_>, _: &[u8], mut content: Content<'_>) {
        let mut bytes = Vec::new();
        // What kept it from being read is the source's to tell.
        let _ = content.read_to_end(&mut bytes);
        self.keep(origin, &bytes);
    }

    fn done(&mut self, _: Origin<'_>, mark: Mark) -> bool {
        if let Some(memory) = self.0.memory {
            memory.clean(mark);
        }
        true
    }
}

fn read_as(name: &str, access: &ImageAccess, options: &ImageOptions, seen: &Seen) -> Coverage {
    let name = ImageName::parse(name).expect("a name");
    scan_image(&name, access, options, &seen, &Progress::default()).expect("a network")
}

fn read(hub: &Hub, seen: &Seen) -> Coverage {
    let options = ImageOptions { threads: 2, ..ImageOptions::default() };
    read_as(&hub.name(), &ImageAccess::default(), &options, seen)
}

/// An image with a configuration and some layers, by the tag `1.2`.
fn image(hub: &Hub, layers: &[&[u8]]) -> String {
    let config =
        hub.blob(br#"{"config":{"Env":["A_KEY=value"]},"history":[{"created_by":"RUN"}]}"#);
    let layers: Vec<String> = layers.iter().map(|layer| hub.blob(layer)).collect();
    let text =
        format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{}]}}"#, layers.join(","));
    hub.tag("1.2", &text);
    text
}

fn texts(seen: &Seen) -> BTreeMap<String, Vec<u8>> {
    seen.texts.lock().expect("nobody panicked").clone()
}

/// Why things were left out.
fn why(coverage: &Coverage) -> Vec<String> {
    let detail = |reason: &Reason| reason.detail().unwrap_or(reason.name()).to_owned();
    coverage.not_scanned.iter().map(|one| detail(&one.reason)).collect()
}

#[test]
fn manifest_configuration_and_every_layer_are_read() {
    let (hub, seen) = (Hub::start(Manners::default()), Seen::default());
    image(&hub, &[b"tar of one", b"tar of two"]);
    let coverage = read(&hub, &seen);
    assert_eq!(coverage.not_scanned, []);
    let texts = texts(&seen);
    let short = |bytes: &[u8]| digest(bytes)[..19].to_owned();
    assert_eq!(texts[&format!("layer 1 {}", short(b"tar of one"))], b"tar of one");
    assert_eq!(texts[&format!("layer 2 {}", short(b"tar of two"))], b"tar of two");
    assert!(texts.contains_key("manifest"), "{:?}", texts.keys());
    assert!(texts.keys().any(|what| what.starts_with("config sha256:")), "{:?}", texts.keys());
    assert_eq!(coverage.files_scanned, 4);
}

#[test]
fn every_platform_is_read_and_shared_layers_once() {
    let (hub, seen) = (Hub::start(Manners::default()), Seen::default());
    let base = hub.blob(b"tar of the base");
    let mut manifests = Vec::new();
    for platform in ["amd64", "arm64"] {
        let own = hub.blob(format!("tar for {platform}").as_bytes());
        let text = format!(r#"{{"config":{base},"layers":[{base},{own}]}}"#);
        let digest = hub.manifest(&text);
        manifests.push(format!(
            r#"{{"digest":"{digest}","size":{},"platform":{{"os":"linux","architecture":"{platform}"}}}}"#,
            text.len()
        ));
    }
    hub.tag("1.2", &format!(r#"{{"manifests":[{}]}}"#, manifests.join(",")));
    assert_eq!(read(&hub, &seen).not_scanned, []);
    let both = texts(&seen);
    assert!(both.keys().any(|what| what.starts_with("linux-amd64 layer 2 sha256:")));
    assert!(both.keys().any(|what| what.starts_with("linux-arm64 layer 2 sha256:")));
    let blobs = |hub: &Hub| hub.asked().iter().filter(|it| it.0.contains("/blobs/")).count();
    assert_eq!(blobs(&hub), 3);
    let one = Seen::default();
    let options = ImageOptions { threads: 1, platform: Some("linux/arm64".to_owned()) };
    read_as(&hub.name(), &ImageAccess::default(), &options, &one);
    assert!(texts(&one).keys().all(|what| !what.contains("amd64")));
    assert_eq!(blobs(&hub), 5);
}

#[test]
fn a_token_is_got_and_a_credential_stays_at_home() {
    let manners = Manners { token: Some(Some(("me", "word"))), ..Manners::default() };
    let (store, seen) = (Hub::start(Manners::default()), Seen::default());
    let hub = Hub::start(Manners { elsewhere: Some(store.port), ..manners });
    image(&hub, &[b"tar of one"]);
    image(&store, &[b"tar of one"]);
    let credential = Some(("me".to_owned(), Secret::new(&b"word"[..])));
    let access = ImageAccess { credential, ..ImageAccess::default() };
    let coverage = read_as(&hub.name(), &access, &ImageOptions::default(), &seen);
    assert_eq!(coverage.not_scanned, []);
    assert!(texts(&seen).values().any(|text| text == b"tar of one"));
    // Not the password, and not the token either.
    assert!(!store.asked().is_empty());
    assert!(store.asked().iter().all(|(_, authorization, _)| authorization.is_empty()));
    assert!(hub.asked().iter().all(|(path, authorization, _)| {
        path.starts_with("/token") || !authorization.starts_with("Basic")
    }));
}

#[test]
fn who_is_not_signed_in_is_told_how() {
    let manners = Manners { token: Some(Some(("me", "word"))), ..Manners::default() };
    let hub = Hub::start(manners);
    image(&hub, &[b"tar of one"]);
    let why = why(&read(&hub, &Seen::default()));
    assert_eq!(why.len(), 1);
    assert!(why[0].contains("docker login"), "{why:?}");
    let open = Hub::start(Manners { token: Some(None), ..Manners::default() });
    image(&open, &[b"tar of one"]);
    assert_eq!(read(&open, &Seen::default()).not_scanned, []);
}

#[test]
fn a_layer_that_is_something_else_is_told_and_scanned() {
    let (hub, seen) = (Hub::start(Manners::default()), Seen::default());
    image(&hub, &[b"tar of one", b"tar of two"]);
    hub.swap(b"tar of one", b"tar of 0ne");
    hub.swap(b"tar of two", b"tar of two and more");
    let why = why(&read(&hub, &seen));
    assert_eq!(why.len(), 2);
    assert!(why.iter().all(|why| why.contains("not what the manifest names")), "{why:?}");
    assert!(texts(&seen).values().any(|text| text == b"tar of 0ne"));
}

#[test]
fn a_layer_is_gone_on_with_where_it_broke() {
    let manners = Manners { breaks_after: Some(400_000), busy: 1, ..Manners::default() };
    let (hub, seen) = (Hub::start(manners), Seen::default());
    let layer = [b"tar ", &vec![b'x'; 1_000_000][..]].concat();
    image(&hub, &[&layer]);
    assert_eq!(read(&hub, &seen).not_scanned, []);
    assert!(texts(&seen).values().any(|text| *text == layer));
    assert!(hub.asked().iter().any(|(_, _, range)| range == "bytes=400000-"));
}

#[test]
fn a_layer_that_ends_too_soon_is_told() {
    let manners = Manners { breaks_after: Some(0), ..Manners::default() };
    let hub = Hub::start(manners);
    image(&hub, &[b"tar of one"]);
    let coverage = read(&hub, &Seen::default());
    assert_eq!(coverage.not_scanned.len(), 2, "layer and configuration");
    assert!(why(&coverage).iter().all(|why| why.contains("broke off")), "{coverage:?}");
}

#[test]
fn manifests_that_name_one_another_end() {
    let (hub, seen) = (Hub::start(Manners::default()), Seen::default());
    // One whose digest is not its own, so that it can name the other.
    let ours = digest(b"whatever");
    let other = hub.manifest(&format!(r#"{{"manifests":[{{"digest":"{ours}","size":1}}]}}"#));
    let text = format!(
        r#"{{"manifests":[{{"digest":"{other}","size":1}},{{"digest":"{ours}"}},{{"digest":"../../x"}}]}}"#
    );
    hub.tag(&ours, &text);
    hub.tag("1.2", &text);
    let coverage = read(&hub, &seen);
    assert_eq!(hub.asked().len(), 3);
    let why = why(&coverage);
    assert!(why.iter().any(|why| why.contains("not what the manifest names")), "{why:?}");
    assert!(why.iter().any(|why| why.contains("no known kind")), "{why:?}");
}

#[test]
fn an_image_of_ten_thousand_layers_is_read() {
    let (hub, seen) = (Hub::start(Manners::default()), Seen::default());
    let layers: Vec<String> = (0..10_000).map(|number| format!("tar {}", number % 500)).collect();
    let layers: Vec<&[u8]> = layers.iter().map(String::as_bytes).collect();
    let text = image(&hub, &layers);
    assert!(text.len() > 800_000);
    let begun = Instant::now();
    assert_eq!(read(&hub, &seen).not_scanned, []);
    assert_eq!(texts(&seen).len(), 502);
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn nonsense_is_told() {
    let hub = Hub::start(Manners::default());
    for (text, told) in [
        ("[", "cannot be read"),
        ("{}", "names nothing"),
        (r#"{"layers":[{"digest":"md5:1"}]}"#, "no known kind"),
    ] {
        hub.tag("1.2", text);
        let why = why(&read(&hub, &Seen::default()));
        assert!(why.len() == 1 && why[0].contains(told), "{text}: {why:?}");
    }
    let nobody = ImageName::parse("oci://127.0.0.1:9/a").expect("a name");
    let seen = Seen::default();
    let coverage = scan_image(
        &nobody,
        &ImageAccess::default(),
        &ImageOptions::default(),
        &&seen,
        &Progress::default(),
    );
    assert_eq!(why(&coverage.expect("a network")), ["no connection"]);
}

#[test]
fn layers_that_held_nothing_are_not_read_again() {
    let memory = Box::leak(Box::<Memory>::default());
    let hub = Hub::start(Manners::default());
    image(&hub, &[b"tar of one", b"tar of two"]);
    let seeing = || Seen { memory: Some(memory), ..Seen::default() };
    assert_eq!(read(&hub, &seeing()).judged_before.files, 0);
    image(&hub, &[b"tar of one", b"tar of three"]);
    let seen = seeing();
    assert_eq!(read(&hub, &seen).judged_before.files, 2);
    let texts = texts(&seen);
    assert_eq!(texts.len(), 2, "{:?}", texts.keys());
    assert!(texts.values().any(|text| text == b"tar of three"));
}
