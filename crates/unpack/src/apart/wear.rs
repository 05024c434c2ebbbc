//! What the containers that a child has served have left of it: memory that its allocator
//! did not give back, and time of a processor that counts against its bounds. A child with
//! little of both serves another container under the same bounds as one that has just
//! been started.

#[cfg(target_os = "linux")]
use std::fs::File;
#[cfg(unix)]
use std::time::Duration;

/// Bytes that a child may have grown by, and still serve. Small documents leave less, and
/// what left more took so long that a start is little beside it.
#[cfg(unix)]
pub(super) const MEMORY: u64 = 8 << 20;

/// Time of a processor that it may have used up.
#[cfg(unix)]
pub(super) const TIME: Duration = Duration::from_secs(1);

/// How this process was before it served.
pub(super) struct Wear {
    /// The memory of this process, as the kernel says it; opened before there is a filter.
    #[cfg(target_os = "linux")]
    memory: Option<(File, u64)>,
}

impl Wear {
    pub(super) fn new() -> Self {
        #[cfg(target_os = "linux")]
        {
            let memory = File::open("/proc/self/statm").ok();
            Self { memory: memory.and_then(|file| taken(&file).map(|begun| (file, begun))) }
        }
        #[cfg(not(target_os = "linux"))]
        {
            Self {}
        }
    }

    /// Whether it may serve another. Where this cannot be known it may not.
    #[cfg(target_os = "linux")]
    pub(super) fn is_little(&self) -> bool {
        let Some((file, begun)) = &self.memory else { return false };
        let is_small = taken(file).is_some_and(|now| now.saturating_sub(*begun) <= MEMORY);
        is_small && is_young()
    }

    /// Elsewhere the memory of a process is not known from within: how many containers one
    /// serves is what bounds it.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn is_little(&self) -> bool {
        is_young()
    }
}

/// Whether it has used little time of a processor.
#[cfg(unix)]
pub(super) fn is_young() -> bool {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(used).is_ok_and(|used| used <= TIME)
}

/// That time is not bounded there.
#[cfg(not(unix))]
pub(super) fn is_young() -> bool {
    true
}

/// Bytes of memory that the process takes up, counted as `RLIMIT_AS` is.
#[cfg(target_os = "linux")]
fn taken(statm: &File) -> Option<u64> {
    use std::os::unix::fs::FileExt as _;

    let mut text = [0; 128];
    let len = statm.read_at(&mut text, 0).ok()?;
    let pages = std::str::from_utf8(&text[..len]).ok()?.split(' ').next()?;
    Some(pages.parse::<u64>().ok()? * rustix::param::page_size() as u64)
}
