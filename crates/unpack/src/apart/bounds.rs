//! What a child may have: memory, time of a processor, and the system calls of somebody
//! who computes. Put on before it reads a byte, by itself, for good.

use std::{io, time::Duration};

#[cfg(unix)]
use super::wear::{MEMORY, TIME};

/// Bounds on a child, for each container that it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of memory beyond what the program itself takes up.
    pub memory: u64,
    /// Time of a processor; the parent keeps the time of the wall.
    pub time: Duration,
}

/// Puts them on this process.
///
/// # Errors
/// What the system said where a bound could not be put on. A kernel without filters for
/// system calls is no error: the other bounds hold there too.
#[cfg(target_os = "linux")]
pub(super) fn put_on(bounds: Bounds) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};

    let at_most = |resource, most: u64| {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
            .map_err(io::Error::from)
    };
    let mapped = std::fs::read_to_string("/proc/self/statm").ok().and_then(|pages| {
        let pages: u64 = pages.split(' ').next()?.parse().ok()?;
        Some(pages * rustix::param::page_size() as u64)
    });
    // Without `/proc` it is not known what the program takes up; it is less than this.
    let mapped = mapped.unwrap_or(1 << 30);
    // What those before may have left is not taken from the next.
    at_most(Resource::As, mapped.saturating_add(bounds.memory).saturating_add(MEMORY))?;
    let time = bounds.time + TIME;
    at_most(Resource::Cpu, time.as_secs() + u64::from(time.subsec_nanos() > 0))?;
    at_most(Resource::Core, 0)?;
    at_most(Resource::Fsize, 0)?;
    at_most(Resource::Nproc, 0)?;
    // A child does not outlive its parent, whatever it is at. Where that cannot be asked
    // for, it ends when it next asks or tells.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    filter();
    Ok(())
}

/// Elsewhere the parent's clock is what bounds a child.
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn put_on(bounds: Bounds) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    for (resource, most) in [
        (Resource::Cpu, (bounds.time + TIME).as_secs() + 1),
        (Resource::Data, bounds.memory.saturating_add(MEMORY).saturating_add(64 << 20)),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
    ] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

/// Elsewhere the parent's clock is what bounds a child.
#[cfg(not(unix))]
pub(super) fn put_on(_: Bounds) -> io::Result<()> {
    Ok(())
}

/// Refuses every system call but those of somebody who reads what is open, computes and
/// answers: no file is opened, no socket, no process. Where the kernel or a container
/// around it has no such filters, there is none.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
fn filter() {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, TargetArch, apply_filter,
    };

    let calls = [
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_pread64,
        libc::SYS_lseek,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_close,
        libc::SYS_fstat,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_gettid,
        libc::SYS_getpid,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_restart_syscall,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];
    // How a process ends itself, and nobody else.
    let own = u64::from(std::process::id());
    let of_own = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, own)
        .and_then(|own| SeccompRule::new(vec![own]));
    let Ok(of_own) = of_own else { return };
    let ends = [libc::SYS_tgkill, libc::SYS_tkill].map(|call| (call, vec![of_own.clone()]));
    let rules = calls.into_iter().map(|call| (call, Vec::new())).chain(ends).collect();
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    let architecture = if cfg!(target_arch = "x86_64") {
        TargetArch::x86_64
    } else if cfg!(target_arch = "aarch64") {
        TargetArch::aarch64
    } else {
        TargetArch::riscv64
    };
    let filter = SeccompFilter::new(rules, refused, SeccompAction::Allow, architecture);
    let Some(program) = filter.ok().and_then(|filter| BpfProgram::try_from(filter).ok()) else {
        return;
    };
    let _ = apply_filter(&program);
}

#[cfg(all(
    target_os = "linux",
    not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))
))]
fn filter() {}
