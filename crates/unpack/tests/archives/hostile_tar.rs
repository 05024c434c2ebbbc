//! Tar files of every dialect, and such as are made to hide something.

use super::{
    collect::{key, open},
    make::{self, tar_member},
};

fn record(name: &str, value: &str) -> String {
    let bare = name.len() + value.len() + 3;
    let mut len = bare + bare.to_string().len();
    if len.to_string().len() + bare > len {
        len += 1;
    }
    format!("{len} {name}={value}\n")
}

fn ended(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 1024]].concat()
}

#[test]
fn names_are_only_names() {
    for name in ["../../etc/evil", "/etc/shadow", "a/../../b", "C:\\x", "\x1b[2J", "."] {
        let key = key();
        let seen = open("x.tar", &make::tar(&[(name, key.as_bytes())]));
        assert_eq!(seen.ways(&key), ["x.tar", &format!("x.tar!{name}")]);
        assert_eq!(seen.left_out(), []);
    }
    assert!(!std::path::Path::new("../../etc/evil").exists());
}

#[test]
fn long_names_of_all_dialects_are_read() {
    let (long, key) = (format!("{}/file.txt", "directory/".repeat(40)), key());
    let body = || tar_member(b"short", b'0', key.len() as u64, key.as_bytes());
    let gnu = ended(&[
        tar_member(b"././@LongLink", b'L', long.len() as u64 + 1, format!("{long}\0").as_bytes()),
        body(),
    ]);
    let path = record("path", &long);
    let pax = ended(&[tar_member(b"x", b'x', path.len() as u64, path.as_bytes()), body()]);
    for tar in [gnu, pax] {
        let seen = open("x.tar", &tar);
        assert_eq!(seen.text(&format!("x.tar!{long}")), key);
        assert_eq!(seen.left_out(), []);
    }
}

#[test]
fn links_devices_and_directories_have_no_data_but_what_they_have_is_shown() {
    for kind in b'1'..=b'7' {
        let (hidden, next) = (key(), key());
        let with = ended(&[
            tar_member(b"odd", kind, 32, hidden.as_bytes()),
            tar_member(b"next", b'0', 32, next.as_bytes()),
        ]);
        let seen = open("x.tar", &with);
        assert_eq!(seen.text("x.tar!odd"), hidden);
        assert_eq!(seen.text("x.tar!next"), next);
        // A size of what a link leads to is no size of data.
        if kind != b'7' {
            let without = ended(&[
                tar_member(b"odd", kind, 32, b""),
                tar_member(b"next", b'0', 32, next.as_bytes()),
            ]);
            let seen = open("x.tar", &without);
            assert_eq!(seen.text("x.tar!next"), next);
            assert_eq!(seen.left_out(), []);
        }
    }
}

#[test]
fn sizes_that_differ_between_dialects_hide_nothing() {
    let (hidden, next) = (key(), key());
    let inner = make::gzip(hidden.as_bytes());
    let inner = tar_member(b"inner.gz", b'0', inner.len() as u64, &inner);
    // POSIX says more, ustar says nothing: the data is an archive itself.
    let size = record("size", &inner.len().to_string());
    let more = ended(&[
        tar_member(b"x", b'x', size.len() as u64, size.as_bytes()),
        [tar_member(b"outer", b'0', 0, b""), inner.clone()].concat(),
        tar_member(b"next", b'0', 32, next.as_bytes()),
    ]);
    let seen = open("x.tar", &more);
    assert_eq!(seen.text("x.tar!outer!inner.gz!inner"), hidden);
    assert_eq!(seen.text("x.tar!next"), next);
    // And the other way round.
    let size = record("size", "0");
    let less = ended(&[
        tar_member(b"x", b'x', size.len() as u64, size.as_bytes()),
        tar_member(b"outer", b'0', inner.len() as u64, &inner),
        tar_member(b"next", b'0', 32, next.as_bytes()),
    ]);
    let seen = open("x.tar", &less);
    assert_eq!(seen.text("x.tar!inner.gz!inner"), hidden);
    assert_eq!(seen.text("x.tar!next"), next);
}

#[test]
fn damage_between_members_ends_nothing() {
    let keys = [key(), key(), key()];
    let mut tar = ended(&[
        tar_member(b"first", b'0', 32, keys[0].as_bytes()),
        tar_member(b"second", b'0', 32, keys[1].as_bytes()),
        tar_member(b"third", b'0', 32, keys[2].as_bytes()),
    ]);
    tar[1024 + 150] ^= 1;
    for (name, bytes) in [("x.tar", tar.clone()), ("x.tgz", make::gzip(&tar))] {
        let seen = open(name, &bytes);
        assert_eq!(seen.text(&format!("{name}!first")), keys[0]);
        assert_eq!(seen.text(&format!("{name}!third")), keys[2]);
        let between = format!("{name}!(between members)");
        assert!(seen.ways(&keys[1]).contains(&between.as_str()));
        assert_eq!(seen.left_out(), [(between, "corrupt")]);
    }
}

#[test]
fn a_size_that_is_a_lie_is_told() {
    let (shown, swallowed) = (key(), key());
    let tar = ended(&[
        tar_member(b"huge", b'0', 0o77_777_777, shown.as_bytes()),
        tar_member(b"next", b'0', 32, swallowed.as_bytes()),
    ]);
    let seen = open("x.tar.gz", &make::gzip(&tar));
    assert_eq!(seen.ways(&shown), ["x.tar.gz!huge"]);
    assert_eq!(seen.ways(&swallowed), ["x.tar.gz!huge"]);
    assert_eq!(seen.left_out(), [("x.tar.gz!huge".to_owned(), "corrupt")]);
}

#[test]
fn archives_behind_one_another_and_what_is_behind_the_last_are_read() {
    let keys = [key(), key(), key()];
    let first = make::tar(&[("first", keys[0].as_bytes())]);
    let second = make::tar(&[("second", keys[1].as_bytes())]);
    let rest = keys[2].as_bytes().to_vec();
    let seen = open("x.tar.gz", &make::gzip(&[first, second, rest].concat()));
    assert_eq!(seen.text("x.tar.gz!first"), keys[0]);
    assert_eq!(seen.text("x.tar.gz!second"), keys[1]);
    assert_eq!(seen.text("x.tar.gz!(behind the end)"), keys[2]);
    assert_eq!(seen.left_out(), []);
}

#[test]
fn what_headers_say_is_shown() {
    let (comment, name) = (key(), key());
    let comment_record = record("comment", &comment);
    let tar = ended(&[
        tar_member(
            b"pax_global_header",
            b'g',
            comment_record.len() as u64,
            comment_record.as_bytes(),
        ),
        tar_member(b"@LongLink", b'L', 33, format!("{name}\0").as_bytes()),
        tar_member(b"x", b'0', 1, b"x"),
    ]);
    let seen = open("x.tar.gz", &make::gzip(&tar));
    assert_eq!(seen.ways(&comment), ["x.tar.gz!(headers)"]);
    assert_eq!(seen.ways(&name), ["x.tar.gz!(headers)"]);
    assert_eq!(seen.text(&format!("x.tar.gz!{name}")), "x");
}

#[test]
fn sparse_files_are_read_as_they_are_stored() {
    let (text, next) = (key(), key());
    let mut sparse = tar_member(b"sparse", b'S', 32, text.as_bytes());
    sparse[257..265].copy_from_slice(b"ustar  \0");
    sparse[482] = 1;
    sparse[148..156].fill(b' ');
    let sum: u32 = sparse[..512].iter().map(|byte| u32::from(*byte)).sum();
    sparse[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut map = vec![0; 512];
    map[..12].copy_from_slice(b"00000000000\0");
    let tar = ended(&[
        [&sparse[..512], &map, &sparse[512..]].concat(),
        tar_member(b"next", b'0', 32, next.as_bytes()),
    ]);
    let seen = open("x.tar", &tar);
    assert_eq!(seen.text("x.tar!sparse"), text);
    assert_eq!(seen.text("x.tar!next"), next);
}
