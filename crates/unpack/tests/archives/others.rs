//! 7z, ar, cpio, rpm, and what is known and not opened.

use super::{
    collect::{key, open},
    make,
};

/// Made by another program with a password: one with its names in the open, one without.
const LOCKED: [&str; 2] = [
    "377abcaf271c0004fe11221220000000000000006b000000000000006d4bafbc3cc00f122363eee83755d1e8\
     0565ef9015859b025a56a3a28dd530edac6de96b010406000109200a01e0d0f80e00070b0100022406f10701\
     22c8ff50172323e5577846c9facf2a7ab0626b5ca745f0b3c03252766e908c5161d4172121011601000c120e\
     00080a010858e386000005011117006c006f0063006b00650064002e0074007800740000000000",
    "377abcaf271c000403dfed6990000000000000005300000000000000631fa4b3a5446109d87a2940ee5dfc64\
     b3c41950e365f81e75a84c8fa6e219d618b8abe553cb7b11669757bb2ea690b72c7b431b546e2c3b8b5e912b\
     2097efa73bd81c768705f5b48b9529719bd77b0067867fe81c8c75dabcc382694a53419210f634578149cbfb\
     e12bdb661259b54b310473967c68419a112caea869edaa22f50ec2c64a1c6d828ae9596f5e3cc7716be5f4f1\
     1706200109700a01dac6aac900070b0100022406f1070122c8ff76e7fbdba9e0b730cc2a17cbb25fff4d35bb\
     7f22c02b184384ab8e1043f1859d23030101055d0000800001000c6d6b00080a01a25a793c0000",
];

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn members_of_7z_are_read() {
    let (first, second) = (key(), key());
    let long = "words ".repeat(400_000) + &second;
    let seven = make::seven(&[("a/first", first.as_bytes()), ("second", long.as_bytes())]);
    let seen = open("x.7z", &seven);
    assert_eq!(seen.text("x.7z!a/first"), first);
    assert!(seen.ways(&second).contains(&"x.7z!second"));
    assert_eq!(seen.left_out(), []);
    for kept in [seven.len() - 1, seven.len() / 2, 40] {
        let seen = open("x.7z", &seven[..kept]);
        assert_eq!(seen.left_out(), [("x.7z".to_owned(), "corrupt")]);
    }
}

#[test]
fn what_has_a_password_is_told() {
    let seen = open("x.7z", &bytes(LOCKED[0]));
    assert_eq!(seen.left_out(), [("x.7z!locked.txt".to_owned(), "not-opened")]);
    let seen = open("x.7z", &bytes(LOCKED[1]));
    assert_eq!(seen.left_out(), [("x.7z".to_owned(), "not-opened")]);
}

#[test]
fn packages_of_debian_are_read_as_far_as_their_files() {
    let (script, file) = (key(), key());
    let control = make::xz(&make::tar(&[("./postinst", script.as_bytes())]));
    let data = make::zstd(&make::tar(&[("./etc/conf", file.as_bytes())]));
    let deb = make::ar(&[
        ("debian-binary", b"2.0\n"),
        ("control.tar.xz", &control),
        ("data.tar.zst", &data),
    ]);
    let seen = open("x.deb", &deb);
    assert_eq!(seen.text("x.deb!control.tar.xz!./postinst"), script);
    assert_eq!(seen.text("x.deb!data.tar.zst!./etc/conf"), file);
    assert_eq!(seen.text("x.deb!debian-binary"), "2.0\n");
    assert_eq!(seen.left_out(), []);
}

#[test]
fn long_names_of_libraries_are_read() {
    let (gnu, bsd) = (key(), key());
    let long = "a_very_long_name_of_an_object.o";
    let names = format!("{long}/\n");
    let mut ar = make::ar(&[("/", names.as_bytes()), ("/0", gnu.as_bytes())]);
    ar[8..10].copy_from_slice(b"//");
    // The helper writes a slash behind each name.
    let at = memchr::memmem::find(&ar, b"/0/").unwrap();
    ar[at..at + 3].copy_from_slice(b"/0 ");
    let text = format!("{long}\0{bsd}");
    let mut other = make::ar(&[("#1/32", text.as_bytes())]);
    other[8..16].copy_from_slice(b"#1/32   ");
    ar.extend_from_slice(&other[8..]);
    let seen = open("x.a", &ar);
    assert_eq!(seen.text(&format!("x.a!{long}")), gnu + &bsd);
    assert_eq!(seen.left_out(), []);
}

#[test]
fn an_ar_file_with_a_damaged_header_is_shown_to_its_end() {
    let keys = [key(), key()];
    let mut ar = make::ar(&[("first", keys[0].as_bytes()), ("second", keys[1].as_bytes())]);
    let at = ar.len() - 32 - 2;
    ar[at] = b'?';
    let seen = open("x.a.gz", &make::gzip(&ar));
    assert_eq!(seen.ways(&keys[0]), ["x.a.gz!first"]);
    assert_eq!(seen.ways(&keys[1]), ["x.a.gz!(behind the end)"]);
    assert_eq!(seen.left_out(), [("x.a.gz!(behind the end)".to_owned(), "corrupt")]);
}

#[test]
fn cpio_and_what_is_behind_it_are_read() {
    let keys = [key(), key(), key()];
    let first = make::cpio(&[("early/file", keys[0].as_bytes())]);
    let second = make::cpio(&[("bin/sh", keys[1].as_bytes()), ("etc/x", keys[2].as_bytes())]);
    let seen = open("initrd", &[&first[..], &[0; 512], &make::gzip(&second)].concat());
    assert_eq!(seen.text("initrd!early/file"), keys[0]);
    assert_eq!(seen.text("initrd!(behind the end)!etc/x"), keys[2]);
    assert_eq!(seen.left_out(), []);
}

#[test]
fn packages_of_rpm_are_read() {
    let (script, file) = (key(), key());
    let header = |store: &[u8]| {
        let mut out = vec![0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0, 0, 0, 0, 1];
        out.extend((store.len() as u32).to_be_bytes());
        out.extend([0; 16]);
        out.extend(store);
        out
    };
    let mut rpm = vec![0xed, 0xab, 0xee, 0xdb];
    rpm.resize(96, 0);
    rpm.extend(header(b"sum"));
    rpm.resize(rpm.len().next_multiple_of(8), 0);
    rpm.extend(header(script.as_bytes()));
    rpm.extend(make::zstd(&make::cpio(&[("./etc/x", file.as_bytes())])));
    let seen = open("x.rpm", &rpm);
    assert!(seen.ways(&script).contains(&"x.rpm!(header)"));
    assert_eq!(seen.text("x.rpm!payload!./etc/x"), file);
    assert_eq!(seen.left_out(), []);
}

#[test]
fn packages_of_languages_are_archives() {
    let key = key();
    let toml = make::tar(&[("x-1.0.0/Cargo.toml", key.as_bytes())]);
    let seen = open("x-1.0.0.crate", &make::gzip(&toml));
    assert_eq!(seen.text("x-1.0.0.crate!x-1.0.0/Cargo.toml"), key);
    let data = make::gzip(&make::tar(&[("lib/x.rb", key.as_bytes())]));
    let seen = open("x.gem", &make::tar(&[("data.tar.gz", &data), ("metadata.gz", b"")]));
    assert_eq!(seen.text("x.gem!data.tar.gz!lib/x.rb"), key);
    for name in ["x.whl", "x.apk", "x.egg", "x.nupkg", "x.vsix"] {
        let seen = open(name, &make::zip(&[("a", key.as_bytes())]));
        assert_eq!(seen.text(&format!("{name}!a")), key);
    }
}

#[test]
fn what_is_not_opened_is_told() {
    for head in [&b"Rar!\x1a\x07\x01\0"[..], b"MSCF\0\0\0\0", b"\x1f\x9d\x90", b"LZIP\x01\x0c"] {
        let seen = open("x.bin", &[head, &[7; 600]].concat());
        assert_eq!(seen.left_out(), [("x.bin".to_owned(), "not-opened")]);
    }
}
