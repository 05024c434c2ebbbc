//! What is said of a text before its bytes are at hand: its name, where it lies and
//! who wrote it.

/// The most bytes of a file that is handed out whole, because it may be a container that
/// whoever looks through it opens: an attachment, what a release offers. It is in memory
/// while it is looked through.
pub(crate) const LARGEST_FILE: usize = 32 << 20;

/// A text to be handed out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// The same for all its versions, such as `acme/app issue 12`.
    pub(crate) id: String,
    /// Another for each version.
    pub(crate) version: String,
    /// Where a person looks at it.
    pub(crate) url: String,
    /// The name of the file, if it is one.
    pub(crate) path: Option<String>,
    /// Who wrote it.
    pub(crate) author: Option<String>,
    /// When, as the service writes it.
    pub(crate) at: Option<String>,
    /// Whether anybody may read it.
    pub(crate) is_public: Option<bool>,
}

/// A title and what is under it, as one text.
pub(crate) fn titled(title: Option<&str>, body: Option<&str>) -> Vec<u8> {
    let parts: Vec<&str> = title.into_iter().chain(body).filter(|part| !part.is_empty()).collect();
    parts.join("\n\n").into_bytes()
}

/// A number that changes when a text does, for a service that gives no time of
/// change (FNV-1a, 64 bits: nobody gains by two texts that have the same).
pub(crate) fn digest(text: &[u8]) -> String {
    let mixed = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |mixed, byte| {
        (mixed ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{mixed:016x}")
}
