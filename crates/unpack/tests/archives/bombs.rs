//! Little that becomes much: where it ends, and that it is told.

use std::time::{Duration, Instant};

use leeward_unpack::Limits;

use super::{
    collect::{key, open, open_within},
    make::{self, Said, zip_end},
};

/// 256 MiB of zeros in 405 bytes of Brotli, made by another program.
const BROTLI: &str = "\
     cbffff3f002400e2b14072effff8ffff078004401c1680eefd1fffffff00900088c302d0bdffe3ffff1f0012\
     00715800baf77ffcffff034002200e0b40f7fe8fffff7f004800c46101e8defff1ffff0f000980382c00ddfb\
     3ffeffff012001108705a07bffc7ffff3f002400e2b00074effff8ffff078004401c1680eefd1fffffff0090\
     0088c302d0bdffe3ffff1f001200715800baf77ffcffff034002200e0b40f7fe8fffff7f004800c46101e8de\
     fff1ffff0f000980382c00ddfb3ffeffff012001108705a07bffc7ffff3f002400e2b00074effff8ffff0780\
     04401c1680eefd1fffffff00900088c302d0bdffe3ffff1f001200715800baf77ffcffff034002200e0b40f7\
     fe8fffff7f004800c46101e8defff1ffff0f000980382c00ddfb3ffeffff012001108705a07bffc7ffff3f00\
     2400e2b00074effff8ffff078004401c1680eefd1fffffff00900088c302d0bdffe3ffff1f001200715800ba\
     f77ffcffff034002200e0b40f7fe8fffff7f004800c46101e8defff1ffff0f000980382c00ddfb3ffeffff01\
     2001108705a07bff37";

#[test]
fn zeros_end_at_the_bound() {
    let zeros = vec![0; 256 << 20];
    let bzip2 = make::bzip2(&zeros);
    assert!(bzip2.len() < 300, "{}", bzip2.len());
    let brotli = (0..BROTLI.len() / 2).map(|at| &BROTLI[2 * at..2 * at + 2]);
    let brotli = brotli.map(|hex| u8::from_str_radix(hex, 16).unwrap()).collect();
    let bombs = [
        ("bz2", bzip2),
        ("xz", make::xz(&zeros[..160 << 20])),
        ("zst", make::zstd(&zeros[..160 << 20])),
        ("br", brotli),
    ];
    drop(zeros);
    for (ending, bomb) in bombs {
        let began = Instant::now();
        let seen = open(&format!("x.{ending}"), &bomb);
        let bounds = seen.limits();
        assert_eq!(bounds, ["bytes unpacked from next to nothing"], "{ending} {}", bomb.len());
        assert!(seen.coverage.bytes_scanned < 200 << 20);
        assert!(began.elapsed() < Duration::from_secs(60));
    }
}

#[test]
fn members_over_one_another_end_at_the_bound() {
    // One kernel of deflated zeros, and ten thousand entries that lead to it.
    let zeros = vec![0; 1 << 20];
    let packed = make::deflate(&zeros);
    let said = Said::of("x", 8, &packed, &zeros);
    let start = [said.local(), packed].concat();
    let directory = said.central(0).repeat(10_000);
    let end = zip_end(10_000, directory.len(), start.len(), b"");
    let limits = Limits { bytes: 64 << 20, ..Limits::default() };
    let seen = open_within(limits, "x.zip", &[start, directory, end].concat());
    assert_eq!(seen.limits(), ["bytes unpacked from one container"]);
    // And of what unpacks to nothing, however long it is.
    let packed = [[0, 0, 0, 0xff, 0xff].repeat(200_000), vec![3, 0]].concat();
    let said = Said::of("x", 8, &packed, b"");
    let start = [said.local(), packed].concat();
    let directory = said.central(0).repeat(10_000);
    let end = zip_end(10_000, directory.len(), start.len(), b"");
    let limits = Limits { bytes: 16 << 20, bytes_for_each: 10, ..Limits::default() };
    let seen = open_within(limits, "x.zip", &[start, directory, end].concat());
    assert_eq!(seen.limits(), ["bytes read of one container"]);
}

#[test]
fn an_archive_that_branches_ends_at_the_bound() {
    let mut bytes = make::zip(&[("a", &[b'a'; 100_000])]);
    for _ in 0..9 {
        let members: Vec<_> = ["a.zip", "b.zip", "c.zip", "d.zip"]
            .iter()
            .map(|name| (*name, bytes.as_slice()))
            .collect();
        bytes = make::zip(&members);
    }
    let limits = Limits { bytes: 64 << 20, ..Limits::default() };
    let seen = open_within(limits, "x.zip", &bytes);
    assert_eq!(seen.limits().len(), 1);
}

#[test]
fn many_small_members_are_quick() {
    let last = key();
    let names: Vec<String> = (0..60_000).map(|at| format!("dir/{at}")).collect();
    let mut members: Vec<_> = names.iter().map(|name| (name.as_str(), 0, &b"text"[..])).collect();
    members.push(("last", 8, last.as_bytes()));
    let zip = make::zip_by(&members);
    let began = Instant::now();
    let seen = open("x.zip", &zip);
    assert_eq!(seen.text("x.zip!last"), last);
    assert_eq!(seen.left_out(), []);
    assert_eq!(seen.coverage.members_scanned, 60_001);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    let tar: Vec<_> = names.iter().map(|name| (name.as_str(), &b"text"[..])).collect();
    let seen = open("x.tar.gz", &make::gzip(&make::tar(&tar)));
    assert_eq!(seen.coverage.members_scanned, 60_000);
}

#[test]
fn more_members_than_the_bound_are_told() {
    let limits = Limits { members: 100, ..Limits::default() };
    let names: Vec<String> = (0..200).map(|at| at.to_string()).collect();
    let members: Vec<_> = names.iter().map(|name| (name.as_str(), &b"text"[..])).collect();
    let seen = open_within(limits, "x.tar", &make::tar(&members));
    assert_eq!(seen.coverage.members_scanned, 100);
    assert_eq!(seen.limits(), ["members of one container"]);
}

#[test]
fn what_is_left_out_is_told_a_thousand_times() {
    let mut out = Vec::new();
    for at in 0..3_000 {
        let mut said = Said::of(&format!("{at}"), 0, b"packed", b"packed");
        said.flags = 1;
        out.extend([said.local(), b"packed".to_vec()].concat());
    }
    let seen = open("x.zip", &out);
    assert_eq!(seen.left_out().len(), 1_000);
    assert_eq!(seen.limits(), ["more that is left out of one container"]);
}
