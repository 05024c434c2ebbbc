//! How much may become of a container. The numbers are such that what people keep is
//! read to its end, and what was made to exhaust a machine is not.

use std::time::Duration;

/// Bounds on what is unpacked from one original: a file, an object, a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Containers in containers. A layer of an image of a service with an archive of
    /// libraries with documents in it is eight deep.
    pub depth: usize,
    /// Members in all.
    pub members: u64,
    /// Bytes that may always be unpacked, at all depths together.
    pub bytes: u64,
    /// How many more for each byte of the original. Logs and images of empty disks
    /// rarely shrink to less than a hundredth.
    pub bytes_for_each: u64,
    /// Bytes that may be unpacked however little was read for them, and how many more
    /// for each byte that was: DEFLATE makes 1,032 of one at most, so that only what
    /// other forms do to nothing but repetition is cut off here.
    pub sudden: u64,
    /// See `sudden`.
    pub sudden_for_each: u64,
    /// Bytes of one member that are held, in memory or in a nameless temporary file,
    /// where a form cannot be read front to back.
    pub held: u64,
    /// How far a compressed stream may look back in bytes, which is the memory it takes:
    /// no less than what `xz -9` makes. Of streams inside one another
    /// each has half as much as the one around it, but no less than an eighth.
    pub window: u64,
    /// How long a parser that runs apart may take over one container.
    pub time: Duration,
    /// How much memory it may have, in bytes.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 12,
            members: 1_000_000,
            bytes: 512 << 20,
            bytes_for_each: 100,
            sudden: 64 << 20,
            sudden_for_each: 2_000,
            held: 1 << 30,
            window: 64 << 20,
            time: Duration::from_secs(30),
            memory: 192 << 20,
        }
    }
}
