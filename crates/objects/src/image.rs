//! Reads images from a container registry (OCI Distribution, which Docker's API v2
//! became): every platform, every configuration, every layer, each blob once. Layers
//! are shown by themselves, so that a file that a later layer deletes is seen all the
//! same. Every blob is held against its digest while it streams; one that is something
//! else is told, and what it held is reported nonetheless.

mod auth;
mod blob;
mod manifest;
mod name;
mod registry;

use std::{
    collections::{BTreeSet, VecDeque},
    io::Read as _,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use leeward_model::{
    Content, Coverage, Inspect, Mark, NotScanned, Origin, Reason, Secret, Wanted, Worker as _,
};
use leeward_probe::{BadNetwork, Network};
use leeward_source::{Cut, Progress};
use sha2::{Digest as _, Sha256};

pub use name::{BadName, ImageName};

use self::{
    blob::Blob,
    manifest::{Descriptor, Document},
    registry::{Registry, Trouble},
};
use crate::shown::Showing;

/// Manifests of one image. A large index has some dozens of platforms, each with an
/// attestation.
const MANIFESTS: usize = 1_000;

/// Blobs of one image. Builders stop at 127 layers for each platform.
const BLOBS: usize = 20_000;

/// Bytes of a manifest: registries take no more.
const LARGEST_MANIFEST: u64 = 4 << 20;

/// How much of a blob says what it is.
const HEAD: usize = 4 << 10;

/// What an image is read with.
#[derive(Default)]
pub struct ImageAccess {
    /// User and password, or a token under the name `<token>`, for the image's own
    /// registry.
    pub credential: Option<(String, Secret)>,
    /// Proxy and issuers.
    pub network: Network,
}

impl std::fmt::Debug for ImageAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let has_credential = self.credential.is_some();
        f.debug_struct("ImageAccess")
            .field("has_credential", &has_credential)
            .finish_non_exhaustive()
    }
}

/// How an image is read.
#[derive(Clone, Debug, Default)]
pub struct ImageOptions {
    /// Threads that read and look at layers.
    pub threads: usize,
    /// The only platform that is read, such as `linux/arm64`.
    pub platform: Option<String>,
}

/// Reads an image and shows its manifests, configurations and layers to an inspector,
/// each as a file below the image's name. What could not be read is in the account.
///
/// # Errors
/// Settings of the network that cannot be used.
pub fn scan_image<I: Inspect>(
    name: &ImageName,
    access: &ImageAccess,
    options: &ImageOptions,
    inspect: &I,
    progress: &Progress,
) -> Result<Coverage, BadNetwork> {
    let shared = Shared {
        name,
        options,
        progress,
        account: Mutex::default(),
        next: AtomicUsize::new(0),
        ended: AtomicBool::new(false),
    };
    let mut registry = Registry::new(name, access, progress)?;
    let mut showing = Showing::new(inspect, Cut::DEFAULT, progress);
    let blobs = shared.manifests(&mut registry, &mut showing);
    drop(showing);
    progress.expect(blobs.len() as u64);
    let threads = options.threads.clamp(1, blobs.len().max(1));
    let mut registries = vec![registry];
    for _ in 1..threads {
        registries.push(Registry::new(name, access, progress)?);
    }
    thread::scope(|scope| {
        for registry in registries {
            let (shared, blobs) = (&shared, &blobs);
            scope.spawn(move || shared.blobs(registry, inspect, blobs));
        }
    });
    let mut coverage = shared.account.into_inner().unwrap_or_else(PoisonError::into_inner);
    let unread = blobs.len().saturating_sub(shared.next.into_inner());
    if unread > 0 {
        let path = name.to_string().into_bytes();
        let reason = match progress.is_cancelled() {
            true => Reason::stopped(),
            false => Reason::Unreadable(format!("{unread} blobs more were not read")),
        };
        coverage.not_scanned.push(NotScanned { path, reason, bytes: None });
    }
    Ok(coverage)
}

/// A blob to be read, by what people call it.
struct Named {
    what: String,
    descriptor: Descriptor,
}

struct Shared<'a> {
    name: &'a ImageName,
    options: &'a ImageOptions,
    progress: &'a Progress,
    account: Mutex<Coverage>,
    /// The next blob to read.
    next: AtomicUsize,
    /// The registry hands out nothing more.
    ended: AtomicBool,
}

impl Shared<'_> {
    fn account(&self) -> MutexGuard<'_, Coverage> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, what: &str) -> PathBuf {
        PathBuf::from(format!("{}/{what}", self.name))
    }

    fn left_out(&self, what: &str, reason: Reason, bytes: Option<u64>) {
        let path = match what {
            "" => self.name.to_string().into_bytes(),
            what => format!("{}/{what}", self.name).into_bytes(),
        };
        self.account().not_scanned.push(NotScanned { path, reason, bytes });
    }

    /// Reads manifests from the one that the name leads to, and answers the blobs they
    /// name, each once.
    fn manifests<I: Inspect>(
        &self,
        registry: &mut Registry<'_>,
        showing: &mut Showing<'_, I>,
    ) -> Vec<Named> {
        let mut open = VecDeque::from([(self.name.reference().to_owned(), String::new())]);
        let (mut met, mut blobs, mut known) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
        while let Some((reference, platform)) = open.pop_front() {
            if self.progress.is_cancelled() {
                self.left_out("", Reason::stopped(), None);
                return Vec::new();
            }
            // A manifest may name others, and they it.
            if !met.insert(reference.clone()) {
                continue;
            }
            if met.len() > MANIFESTS {
                self.left_out("", Reason::Limit("manifests of one image".to_owned()), None);
                break;
            }
            let what = match reference.as_str() {
                tag if met.len() == 1 && !tag.contains(':') => "manifest".to_owned(),
                digest => format!("{platform}manifest {}", short(digest)),
            };
            let text = match registry.manifest(&reference, LARGEST_MANIFEST) {
                Ok(text) => text,
                Err(trouble) => {
                    self.left_out(&what, trouble.reason(), None);
                    if matches!(trouble, Trouble::Refused(_)) {
                        break;
                    }
                    continue;
                }
            };
            let path = self.path(&what);
            showing.whole(&path, &text);
            self.counted(text.len() as u64);
            if reference.contains(':') && !is_digest_of(&reference, &text) {
                self.left_out(&what, digest_mismatch(), None);
            }
            match Document::read(&text) {
                Err(why) => self.left_out(&what, Reason::Corrupt(why), None),
                Ok(Document::Index(manifests)) => {
                    for descriptor in manifests {
                        if !descriptor.is_digest() {
                            self.left_out(&what, no_digest(), None);
                            continue;
                        }
                        let named = descriptor.platform_name();
                        let wanted = self.options.platform.as_deref();
                        if wanted.is_some_and(|wanted| named.as_deref() != Some(wanted)) {
                            continue;
                        }
                        let label = named.map_or_else(String::new, |name| {
                            format!("{} ", name.replace('/', "-"))
                        });
                        open.push_back((descriptor.digest, label));
                    }
                }
                Ok(Document::Manifest { config, layers }) => {
                    let layers = layers
                        .into_iter()
                        .enumerate()
                        .map(|(index, layer)| (format!("{platform}layer {} ", index + 1), layer));
                    let config = config.map(|config| (format!("{platform}config "), config));
                    for (label, descriptor) in config.into_iter().chain(layers) {
                        if blobs.len() >= BLOBS {
                            let reason = Reason::Limit("blobs of one image".to_owned());
                            self.left_out("", reason, None);
                            return blobs;
                        }
                        if !descriptor.is_digest() {
                            self.left_out(label.trim(), no_digest(), None);
                        } else if known.insert(descriptor.digest.clone()) {
                            let what = format!("{label}{}", short(&descriptor.digest));
                            blobs.push(Named { what, descriptor });
                        }
                    }
                }
            }
        }
        blobs
    }

    fn counted(&self, bytes: u64) {
        let mut account = self.account();
        account.bytes_scanned += bytes;
        account.files_scanned += 1;
    }

    /// Reads blobs until there are none left.
    fn blobs<I: Inspect>(&self, mut registry: Registry<'_>, inspect: &I, blobs: &[Named]) {
        let mut showing = Showing::new(inspect, Cut::DEFAULT, self.progress);
        while !self.progress.is_cancelled() && !self.ended.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(named) = blobs.get(index) else { return };
            self.blob(&mut registry, &mut showing, named);
        }
    }

    fn blob<I: Inspect>(
        &self,
        registry: &mut Registry<'_>,
        showing: &mut Showing<'_, I>,
        Named { what, descriptor }: &Named,
    ) {
        // A blob is known by its digest, wherever it lies.
        let mark = Mark::of("blob", &[descriptor.digest.as_bytes()]);
        if showing.inspect.judged().is_some_and(|judged| judged.is_clean(mark)) {
            let before = &mut self.account().judged_before;
            before.files += 1;
            before.bytes += descriptor.size.unwrap_or_default();
            return self.progress.add(0);
        }
        let path = self.path(what);
        let mut blob = Blob::new(registry, &descriptor.digest, descriptor.size);
        self.show(showing, &path, &mut blob);
        // A reader that has seen enough leaves a rest, and only all of it has a digest.
        let stopped = std::io::copy(&mut blob, &mut std::io::sink()).is_err();
        let (read, trouble) = (blob.read(), blob.trouble());
        let left = descriptor.size.unwrap_or_default().saturating_sub(read);
        self.account().bytes_scanned += read;
        if self.progress.is_cancelled() {
            self.left_out(what, Reason::stopped(), Some(left));
        } else if let Some(trouble) = trouble {
            if matches!(trouble, Trouble::Refused(_)) {
                self.ended.store(true, Ordering::Relaxed);
            }
            self.left_out(what, trouble.reason(), Some(left));
        } else if stopped || !blob.is_what_it_says() {
            self.left_out(what, digest_mismatch(), None);
        } else {
            self.account().files_scanned += 1;
            showing.worker.done(Origin::Object(&path), mark);
        }
    }

    fn show<I: Inspect>(&self, showing: &mut Showing<'_, I>, path: &Path, blob: &mut Blob<'_, '_>) {
        let mut head = Vec::with_capacity(HEAD);
        // What it does not read is told by the blob.
        let _ = (&mut *blob).take(HEAD as u64).read_to_end(&mut head);
        let origin = Origin::Object(path);
        let mut whole = head.as_slice().chain(blob);
        match showing.worker.wants(origin, &head) {
            Wanted::Pieces => {
                showing.pieces(path, &mut whole);
            }
            // What a layer holds is what is in its members.
            Wanted::Both | Wanted::Whole => {
                showing.worker.open(origin, &head, Content::Stream(&mut whole));
                self.progress.add(0);
            }
        }
    }
}

fn no_digest() -> Reason {
    Reason::Corrupt("it names something by a digest of no known kind".to_owned())
}

fn digest_mismatch() -> Reason {
    Reason::Mismatch("it is not what the manifest names; what it held was scanned".to_owned())
}

/// A digest as people compare them.
fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}

fn is_digest_of(digest: &str, bytes: &[u8]) -> bool {
    digest
        .strip_prefix("sha256:")
        .is_some_and(|wanted| wanted == hexadecimal(&Sha256::digest(bytes)))
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}
