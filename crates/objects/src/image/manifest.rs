//! What a registry says of an image: an index of manifests, or a manifest that names a
//! configuration and layers. Told apart by what is in them, since media types differ
//! between generations.

use serde::Deserialize;

/// What names a blob or a manifest.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Descriptor {
    pub(super) digest: String,
    pub(super) size: Option<u64>,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Clone, Debug, Deserialize)]
struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
}

/// A manifest or an index of them.
#[derive(Debug)]
pub(super) enum Document {
    Index(Vec<Descriptor>),
    Manifest { config: Option<Descriptor>, layers: Vec<Descriptor> },
}

#[derive(Deserialize)]
struct Either {
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    /// Layers of the first generation, which name no size.
    #[serde(rename = "fsLayers")]
    fs_layers: Option<Vec<FsLayer>>,
}

#[derive(Deserialize)]
struct FsLayer {
    #[serde(rename = "blobSum")]
    blob_sum: String,
}

impl Document {
    /// Reads one; why not, in words, if it is none.
    pub(super) fn read(text: &[u8]) -> Result<Self, String> {
        let either: Either = serde_json::from_slice(text)
            .map_err(|error| format!("a manifest that cannot be read, at line {}", error.line()))?;
        match either {
            Either { manifests: Some(manifests), .. } => Ok(Self::Index(manifests)),
            Either { config, layers: Some(layers), .. } => Ok(Self::Manifest { config, layers }),
            Either { config: Some(config), .. } => {
                Ok(Self::Manifest { config: Some(config), layers: Vec::new() })
            }
            Either { fs_layers: Some(layers), .. } => {
                // The newest is first there.
                let layers = layers.into_iter().rev().map(|layer| Descriptor {
                    digest: layer.blob_sum,
                    size: None,
                    platform: None,
                });
                Ok(Self::Manifest { config: None, layers: layers.collect() })
            }
            _ => Err("a manifest that names nothing".to_owned()),
        }
    }
}

impl Descriptor {
    /// `linux/arm64/v8`; none where it is for no platform.
    pub(super) fn platform_name(&self) -> Option<String> {
        let Platform { os, architecture, variant } = self.platform.as_ref()?;
        let is_word = |text: &str| {
            !text.is_empty() && text.len() <= 32 && text.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        let parts = [Some(os), Some(architecture), variant.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        (parts.iter().all(|part| is_word(part)) && os != "unknown").then(|| parts.join("/"))
    }

    /// Whether the digest is one that can be asked for and held against bytes.
    pub(super) fn is_digest(&self) -> bool {
        is_digest(&self.digest)
    }
}

/// Whether a text is a digest of the kind that is in use.
pub(super) fn is_digest(text: &str) -> bool {
    let is_lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(is_lower))
}
