//! When a repository is split, and into how many parts.

/// When a repository is split. What is cloned again for every part is to be little beside
/// what is scanned of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planning {
    /// A pack of more bytes than this is split, into parts of about so many.
    pub part_bytes: u64,
    /// The most parts.
    pub most: u32,
}

impl Default for Planning {
    fn default() -> Self {
        // A part of 256 MiB of a pack takes a worker of two cores about a minute, as long
        // as fetching it at 100 Mbit/s; 64 parts of the largest repositories there are keep
        // 64 workers busy.
        Self { part_bytes: 256 << 20, most: 64 }
    }
}

impl Planning {
    /// Into how many parts a repository is split, by the bytes of its packs.
    pub(crate) fn parts(&self, bytes: u64) -> u32 {
        let parts = bytes.div_ceil(self.part_bytes.max(1));
        u32::try_from(parts).unwrap_or(u32::MAX).clamp(1, self.most.max(1))
    }
}
