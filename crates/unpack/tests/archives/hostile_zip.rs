//! Zip files by all methods, and such as are made to hide something.

use super::{
    collect::{key, open},
    make::{self, Said, deflate, zip_end},
};

#[test]
fn every_method_is_read() {
    let keys: Vec<String> = (0..7).map(|_| key()).collect();
    let methods = [0, 8, 9, 12, 14, 93, 95];
    let names: Vec<String> = methods.iter().map(|method| format!("by/{method}")).collect();
    let members: Vec<_> =
        (0..7).map(|at| (&*names[at], methods[at], keys[at].as_bytes())).collect();
    let seen = open("x.zip", &make::zip_by(&members));
    for (name, key) in names.iter().zip(&keys) {
        assert_eq!(seen.text(&format!("x.zip!{name}")), key);
    }
    assert_eq!(seen.left_out(), []);
    assert_eq!(seen.coverage.members_scanned, 7);
}

#[test]
fn another_method_and_encryption_are_told_by_name() {
    let mut odd = Said::of("odd", 77, b"packed", b"text");
    let mut locked = Said::of("locked", 8, b"packed", b"text");
    locked.flags = 1;
    odd.crc = 0;
    let local = [odd.local(), b"packed".to_vec(), locked.local(), b"packed".to_vec()].concat();
    let directory = [odd.central(0), locked.central(odd.local().len() + 6)].concat();
    let end = zip_end(2, directory.len(), local.len(), b"");
    let seen = open("x.zip", &[local, directory, end].concat());
    let told = ["odd", "locked"].map(|name| (format!("x.zip!{name}"), "not-opened"));
    assert_eq!(seen.left_out(), told);
}

#[test]
fn data_before_the_archive_and_behind_it_hides_nothing() {
    let (member, comment) = (key(), key());
    let zip = make::zip(&[("a", member.as_bytes())]);
    let before = b"#!/bin/sh\nexec java -jar \"$0\"\n".repeat(100);
    for offset_from_start in [false, true] {
        let mut whole = [&before[..], &zip].concat();
        if offset_from_start {
            let (said, packed) = (deflate(member.as_bytes()), before.len());
            let said = Said::of("a", 8, &said, member.as_bytes());
            let local = [said.local(), deflate(member.as_bytes())].concat();
            let directory = said.central(packed);
            let end = zip_end(1, directory.len(), packed + local.len(), b"");
            whole = [before.clone(), local, directory, end].concat();
        }
        let seen = open("x.jar", &whole);
        assert_eq!(seen.text("x.jar!a"), member);
        assert_eq!(seen.left_out(), []);
    }
    let behind = [&zip[..], format!("# {comment}").as_bytes()].concat();
    let seen = open("x.zip", &behind);
    assert_eq!(seen.text("x.zip!a"), member);
    assert_eq!(seen.ways(&comment), ["x.zip"]);
}

#[test]
fn what_the_directory_leaves_out_is_read_by_its_header() {
    let (listed, hidden, last) = (key(), key(), key());
    let parts = [("listed", &listed), ("hidden", &hidden), ("last", &last)];
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in parts {
        let packed = deflate(text.as_bytes());
        let said = Said::of(name, 8, &packed, text.as_bytes());
        if name == "listed" {
            directory.extend(said.central(out.len()));
        }
        out.extend([said.local(), packed].concat());
    }
    let end = zip_end(1, directory.len(), out.len(), b"");
    let seen = open("x.zip", &[out.clone(), directory, end].concat());
    assert_eq!(seen.text("x.zip!hidden"), hidden);
    assert_eq!(seen.text("x.zip!last"), last);
    assert_eq!(seen.coverage.members_scanned, 3);
    assert_eq!(seen.left_out(), []);
    // Without any directory all are, and its lack is told.
    let seen = open("x.zip", &out);
    assert!(parts.iter().all(|(name, text)| seen.text(&format!("x.zip!{name}")) == *text));
    assert_eq!(seen.left_out(), [("x.zip".to_owned(), "corrupt")]);
}

#[test]
fn headers_that_contradict_the_directory_are_followed_both() {
    let (stored, deflated) = (key(), key());
    // Stored, says the directory; deflated, says the header.
    let packed = deflate(deflated.as_bytes());
    let both = [&packed[..], stored.as_bytes()].concat();
    let local = Said::of("x", 8, &packed, deflated.as_bytes());
    let central = Said::of("x", 0, &both, &both);
    let start = [local.local(), both].concat();
    let directory = central.central(0);
    let end = zip_end(1, directory.len(), start.len(), b"");
    let seen = open("x.zip", &[start, directory, end].concat());
    assert!(seen.ways(&deflated).contains(&"x.zip!x"));
    assert!(seen.ways(&stored).contains(&"x.zip!x"));
}

#[test]
fn sizes_that_are_lies_cut_nothing_off() {
    let text = key().repeat(1000);
    let packed = deflate(text.as_bytes());
    for (said_packed, said_unpacked) in [(3, 5), (0, 0), (u32::MAX - 1, u32::MAX - 1)] {
        let mut said = Said::of("x", 8, &packed, text.as_bytes());
        (said.packed, said.unpacked) = (said_packed, said_unpacked);
        let start = [said.local(), packed.clone()].concat();
        let directory = said.central(0);
        let end = zip_end(1, directory.len(), start.len(), b"");
        let seen = open("x.zip", &[start, directory, end].concat());
        assert_eq!(seen.text("x.zip!x"), text);
    }
}

#[test]
fn members_over_one_another_are_all_read_and_bounded() {
    let inner = key();
    let packed = deflate(inner.as_bytes());
    let said = Said::of("inner", 8, &packed, inner.as_bytes());
    let kernel = [said.local(), packed].concat();
    let quoting = Said::of("outer", 0, &kernel, &kernel);
    let start = [quoting.local(), kernel].concat();
    let directory = [quoting.central(0), said.central(quoting.local().len())].concat();
    let end = zip_end(2, directory.len(), start.len(), b"");
    let seen = open("x.zip", &[start, directory, end].concat());
    assert_eq!(seen.text("x.zip!inner"), inner);
    // What is quoted is an archive without its directory.
    assert_eq!(seen.text("x.zip!outer!inner"), inner);
}

#[test]
fn numbers_that_do_not_fit_are_read() {
    let text = key();
    let packed = deflate(text.as_bytes());
    let said = Said::of("x", 8, &packed, text.as_bytes());
    let start = [said.local(), packed].concat();
    // The directory's entry has all ones, and the numbers behind the name.
    let mut central = Said { packed: u32::MAX, unpacked: u32::MAX, ..said }.central(0);
    central[42..46].fill(0xff);
    central[30..32].copy_from_slice(&28_u16.to_le_bytes());
    central.extend([1, 0, 24, 0]);
    for number in [text.len() as u64, (start.len() - 31) as u64, 0] {
        central.extend(number.to_le_bytes());
    }
    let mut wide_end = b"PK\x06\x06".to_vec();
    wide_end.extend(44_u64.to_le_bytes());
    wide_end.extend([0; 12]);
    for number in [1, 1, central.len() as u64, start.len() as u64] {
        wide_end.extend(number.to_le_bytes());
    }
    let mut locator = b"PK\x06\x07\0\0\0\0".to_vec();
    locator.extend(((start.len() + central.len()) as u64).to_le_bytes());
    locator.extend([1, 0, 0, 0]);
    let mut end = zip_end(0xffff, 0, 0, b"");
    end[12..20].fill(0xff);
    let seen = open("x.zip", &[start, central, wide_end, locator, end].concat());
    assert_eq!(seen.text("x.zip!x"), text);
    assert_eq!(seen.left_out(), []);
    assert_eq!(seen.coverage.members_scanned, 1);
}

#[test]
fn a_wrong_checksum_is_told() {
    let text = key();
    let mut zip = make::zip_by(&[("x", 0, text.as_bytes())]);
    let at = memchr::memmem::find(&zip, text.as_bytes()).unwrap();
    zip[at + 31] ^= 1;
    let seen = open("x.zip", &zip);
    assert!(seen.text("x.zip!x").starts_with(&text[..31]));
    assert_eq!(seen.left_out(), [("x.zip!x".to_owned(), "corrupt")]);
}

#[test]
fn a_truncated_archive_is_read_as_far_as_it_goes() {
    let (first, second) = (key().repeat(3000), key());
    let zip = make::zip_by(&[("first", 0, first.as_bytes()), ("second", 8, second.as_bytes())]);
    let seen = open("x.zip", &zip[..50_000]);
    assert!(seen.text("x.zip!first").len() > 49_000);
    let left_out = seen.left_out();
    assert!(left_out.contains(&("x.zip!first".to_owned(), "corrupt")), "{left_out:?}");
    assert!(left_out.contains(&("x.zip".to_owned(), "corrupt")), "{left_out:?}");
}
