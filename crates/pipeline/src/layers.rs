//! Layers of container images: which manifest names which, one on top of the other, and
//! which files a layer takes away from those below it. Both pass by on their way to the
//! detector, from registries, saved images and folders in OCI layout alike. It is no
//! reader of images: nothing is found by it, and nothing is kept from being found; it
//! says of what was found that a later layer deletes it.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use leeward_model::{Blob, Origin};
use serde::Deserialize;

/// Manifests that are kept, of at most so many layers in all: an image has some dozens,
/// and a folder of many images has a few thousand layers.
const MANIFESTS: usize = 10_000;
const LAYERS: usize = 100_000;

/// Layers that are looked through for whether they delete what was found, a second's work:
/// more are in no image but one that was made for it.
const LOOKS: usize = 10_000_000;

/// Files that layers take away, and the bytes of their names, some megabytes. Of what is
/// more, nothing is said.
const TAKEN: usize = 200_000;
const NAMES: usize = 16 << 20;

/// Bytes of a manifest: registries take no more.
const LARGEST: usize = 4 << 20;

/// What the name of a file begins with that takes another away, and the whole name of one
/// that takes away all that lay in its directory.
const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

/// Where blobs lie in OCI layout, under their digests.
const BLOBS: &[u8] = b"blobs/sha256/";

/// Digits of a digest that people compare.
const SHORT: usize = 12;

/// What is known of layers.
#[derive(Default)]
pub(crate) struct Layers(Mutex<State>);

#[derive(Default)]
struct State {
    /// The layers of each manifest by their addresses, lowest first.
    manifests: Vec<Vec<Layer>>,
    /// In which manifests a layer stands, and where.
    of: HashMap<Vec<u8>, Vec<(usize, usize)>>,
    layers: usize,
    /// What each layer takes away, by its address.
    taken: HashMap<Vec<u8>, Taken>,
    names: usize,
    count: usize,
    looks: usize,
}

struct Layer {
    /// What holds it and its name there, as a place begins.
    address: Vec<u8>,
    /// What people call it.
    name: String,
}

#[derive(Default)]
struct Taken {
    files: HashSet<Vec<u8>>,
    /// Directories of which everything goes.
    directories: HashSet<Vec<u8>>,
}

impl Layers {
    /// Looks at what passes by. Answers whether its original must be shown again the next
    /// time, for what it says of others.
    pub(crate) fn look(&self, blob: &Blob<'_>) -> bool {
        if blob.piece.is_some() {
            return false;
        }
        match blob.origin {
            Origin::Stdin | Origin::Git(..) => false,
            Origin::File(path) | Origin::Object(path) => {
                self.manifest(path.as_os_str().as_encoded_bytes(), blob.bytes)
            }
            Origin::Member(member) => {
                let Some((name, around)) = member.inside.names().split_last() else { return false };
                if !blob.bytes.is_empty() {
                    // What holds a manifest holds the layers too, and is looked at whole.
                    if may_be_manifest(name) {
                        self.manifest(&address(&outer(member.outer), around, name), blob.bytes);
                    }
                    return false;
                }
                let Some(what) = last(name).strip_prefix(WHITEOUT) else { return false };
                let directory = &name[..name.len() - last(name).len()];
                let layer = holder(&outer(member.outer), around);
                self.take(layer, normal(directory), what, last(name) == OPAQUE);
                around.is_empty()
            }
        }
    }

    /// The later layer that deletes a file, if all images that hold the file have one:
    /// by the original that the file was found in, and the names on the way to it.
    pub(crate) fn deleting(&self, outer: &[u8], names: &[Vec<u8>]) -> Option<String> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        if state.manifests.is_empty() || state.taken.is_empty() {
            return None;
        }
        (0..names.len()).find_map(|depth| {
            let (around, file) = (&names[..depth], normal(&names[depth]));
            let stands = state.of.get(&holder(outer, around))?;
            let looks = &mut state.looks;
            let mut deleting = stands.iter().map(|(manifest, at)| {
                let later = state.manifests.get(*manifest)?.get(at + 1..)?;
                *looks += later.len();
                if *looks > LOOKS {
                    return None;
                }
                later.iter().find(|layer| {
                    state.taken.get(&layer.address).is_some_and(|taken| taken.has(&file))
                })
            });
            // One that keeps it is one to take it from.
            let first = deleting.next()??;
            deleting.all(|layer| layer.is_some()).then(|| first.name.clone())
        })
    }

    fn take(&self, layer: Vec<u8>, directory: Vec<u8>, what: &[u8], is_opaque: bool) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.count += 1;
        state.names += directory.len() + what.len();
        if state.count > TAKEN || state.names > NAMES {
            return;
        }
        let taken = state.taken.entry(layer).or_default();
        if is_opaque {
            taken.directories.insert(directory);
        } else {
            taken.files.insert(below(&directory, what));
        }
    }

    /// Keeps what a manifest says, if these bytes are one. The address is where it lies.
    fn manifest(&self, at: &[u8], bytes: &[u8]) -> bool {
        if !may_be_manifest(at) || bytes.len() > LARGEST {
            return false;
        }
        let mut manifests: Vec<Vec<Layer>> = Vec::new();
        match bytes.trim_ascii_start().first() {
            Some(b'[') => {
                let Ok(saved) = serde_json::from_slice::<Vec<Saved>>(bytes) else { return false };
                let directory = &at[..at.len() - last(at).len()];
                let layer = |(index, name): (usize, String)| Layer {
                    address: [directory, name.as_bytes()].concat(),
                    name: named(index, digest(name.as_bytes()).unwrap_or(&name)),
                };
                let layers = saved.into_iter().map(|image| image.layers);
                manifests.extend(layers.map(|it| it.into_iter().enumerate().map(layer).collect()));
            }
            Some(b'{') => {
                let Ok(manifest) = serde_json::from_slice::<Manifest>(bytes) else { return false };
                let layer = |(index, descriptor): (usize, Descriptor)| {
                    let digest = descriptor.digest.strip_prefix("sha256:")?;
                    let short = digest.get(..SHORT)?;
                    let address = match at.strip_suffix(digest_of(at).unwrap_or_default()) {
                        Some(blobs) if blobs.ends_with(BLOBS) => {
                            [blobs, digest.as_bytes()].concat()
                        }
                        _ => of_registry(at, short.as_bytes()),
                    };
                    Some(Layer { address, name: named(index, short) })
                };
                // One of an unknown kind has its number all the same.
                let layers = manifest.layers.into_iter().enumerate().filter_map(layer);
                manifests.push(layers.collect());
            }
            _ => return false,
        }
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_any = false;
        for layers in manifests.into_iter().filter(|layers| layers.len() > 1) {
            is_any = true;
            if state.manifests.len() < MANIFESTS && state.layers + layers.len() <= LAYERS {
                state.layers += layers.len();
                let manifest = state.manifests.len();
                for (at, layer) in layers.iter().enumerate() {
                    state.of.entry(layer.address.clone()).or_default().push((manifest, at));
                }
                state.manifests.push(layers);
            }
        }
        is_any
    }
}

impl Taken {
    fn has(&self, file: &[u8]) -> bool {
        if self.files.contains(file) || self.directories.contains(&b""[..]) {
            return true;
        }
        let slashes = file.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        slashes
            .map(|(at, _)| &file[..at])
            .any(|above| self.files.contains(above) || self.directories.contains(above))
    }
}

/// One image of `docker save`, which names its layers by their paths.
#[derive(Deserialize)]
struct Saved {
    #[serde(rename = "Layers")]
    layers: Vec<String>,
}

/// A manifest of one image.
#[derive(Deserialize)]
struct Manifest {
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
}

/// Whether a name is one that manifests have: in saved images, in OCI layout, and as the
/// reader of registries calls them.
fn may_be_manifest(name: &[u8]) -> bool {
    let is_called = |last: &[u8]| {
        last == b"manifest.json"
            || last == b"manifest"
            || last.starts_with(b"manifest sha256:")
            || last.split(|byte| *byte == b' ').nth(1) == Some(b"manifest")
    };
    digest_of(name).is_some() || is_called(last(name))
}

/// The digest that a blob's path in OCI layout ends in.
fn digest_of(path: &[u8]) -> Option<&[u8]> {
    let name = last(path);
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_digest = name.len() == 64 && name.iter().all(is_digit);
    (is_digest && path[..path.len() - 64].ends_with(BLOBS)).then_some(name)
}

fn digest(path: &[u8]) -> Option<&str> {
    str::from_utf8(digest_of(path)?).ok()?.get(..SHORT)
}

/// `layer 3 sha256:0123456789ab`, as the reader of registries calls it; the path of a
/// layer where there is no digest.
fn named(index: usize, what: &str) -> String {
    let is_digest = what.len() == SHORT && what.bytes().all(|byte| byte.is_ascii_hexdigit());
    let kind = if is_digest { "sha256:" } else { "" };
    format!("layer {} {kind}{what}", index + 1)
}

/// Where a container lies: the original and the way to it. What a registry holds is known
/// by its digest, whatever platform it was read for.
fn holder(outer: &[u8], around: &[Vec<u8>]) -> Vec<u8> {
    let Some((name, before)) = around.split_last() else {
        let last = last(outer);
        let digest = last.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        let is_layer = last.windows(7).any(|part| part == b" sha256");
        return if is_layer { of_registry(outer, digest) } else { outer.to_vec() };
    };
    address(outer, before, name)
}

fn address(outer: &[u8], around: &[Vec<u8>], name: &[u8]) -> Vec<u8> {
    let mut whole = outer.to_vec();
    for name in around.iter().map(Vec::as_slice).chain([name]) {
        whole.push(b'!');
        whole.extend_from_slice(name.strip_prefix(b"./").unwrap_or(name));
    }
    whole
}

/// A blob beside another of the same image in a registry.
fn of_registry(beside: &[u8], digest: &[u8]) -> Vec<u8> {
    [&beside[..beside.len() - last(beside).len()], b" sha256:", digest].concat()
}

/// What a source calls an original.
fn outer(origin: Origin<'_>) -> Vec<u8> {
    match origin {
        Origin::Git(_, object) => object.to_string().into_bytes(),
        other => other.path().unwrap_or(b"-").to_vec(),
    }
}

/// The last part of a path.
fn last(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| matches!(byte, b'/' | b'!')).next().unwrap_or_default()
}

/// A path in a layer as all write it: `./srv/app/`, `/srv/app` and `srv/app` are one.
fn normal(path: &[u8]) -> Vec<u8> {
    let parts = path.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b"."));
    parts.collect::<Vec<_>>().join(&b'/')
}

fn below(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() { name.to_vec() } else { [directory, b"/", name].concat() }
}
