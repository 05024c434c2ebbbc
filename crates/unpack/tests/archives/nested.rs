//! Every form in every other, two deep, with keys at start, middle and end.

use super::{
    collect::{key, open, open_stream},
    make,
    streams::STREAMS,
};

type Wrap = Box<dyn Fn(&str, &[u8]) -> Vec<u8>>;

/// Every container: its ending, how it is made of a named member, and whether it has no
/// names of its own.
fn containers() -> Vec<(&'static str, bool, Wrap)> {
    let mut all: Vec<(&'static str, bool, Wrap)> = vec![
        ("zip", false, Box::new(|name, bytes| make::zip(&[(name, bytes)]))),
        ("stored.zip", false, Box::new(|name, bytes| make::zip_by(&[(name, 0, bytes)]))),
        ("tar", false, Box::new(|name, bytes| make::tar(&[("first", b"1"), (name, bytes)]))),
        ("7z", false, Box::new(|name, bytes| make::seven(&[(name, bytes)]))),
        ("a", false, Box::new(|name, bytes| make::ar(&[(name, bytes)]))),
        ("cpio", false, Box::new(|name, bytes| make::cpio(&[(name, bytes)]))),
    ];
    for (ending, make) in STREAMS {
        all.push((ending, true, Box::new(|_, bytes| make(bytes))));
    }
    all
}

#[test]
fn every_form_in_every_other_is_read_with_the_exact_way() {
    for (outer_ending, outer_is_nameless, outer) in &containers() {
        for (inner_ending, inner_is_nameless, inner) in &containers() {
            let keys = [key(), key(), key()];
            let filler = "some line of text\n".repeat(300);
            let text = format!("{}\n{filler}{}\n{filler}{}", keys[0], keys[1], keys[2]);
            let inner_name = format!("in.{inner_ending}");
            let file = inner("conf.env", text.as_bytes());
            let name = format!("{inner_name}.{outer_ending}");
            let name = if *outer_is_nameless { name } else { format!("out.{outer_ending}") };
            let seen = open(&name, &outer(&inner_name, &file));
            // What a compressed file holds is called as it is, but for the ending; and an
            // archive that is compressed is one thing.
            let member = if *inner_is_nameless { "in" } else { "conf.env" };
            let is_ordered = matches!(*inner_ending, "zip" | "stored.zip" | "7z");
            let way = match outer_is_nameless {
                true if !is_ordered => format!("{name}!{member}"),
                _ => format!("{name}!{inner_name}!{member}"),
            };
            assert_eq!(seen.left_out(), [], "{way}");
            assert_eq!(seen.text(&way), text, "{way}");
        }
    }
}

#[test]
fn every_form_is_read_from_a_pipe() {
    for (ending, _, make) in &containers() {
        let key = key();
        let name = format!("conf.env.{ending}");
        let seen = open_stream(&name, &make("conf.env", key.as_bytes()));
        assert_eq!(seen.text(&format!("{name}!conf.env")), key);
        assert_eq!(seen.left_out(), []);
    }
}

#[test]
fn deeper_than_the_bound_is_told_and_shown_as_it_is() {
    let key = key();
    let mut bytes = make::zip_by(&[("conf.env", 0, key.as_bytes())]);
    for _ in 0..50 {
        bytes = make::zip_by(&[("x.zip", 0, &bytes)]);
    }
    let seen = open("x.zip", &bytes);
    assert_eq!(seen.limits(), ["containers inside one another"]);
    // Nothing is compressed, so that it is seen all the same.
    assert!(seen.ways(&key).iter().any(|way| way.matches('!').count() > 10));
    for wrap in [make::gzip, make::xz, make::zstd] {
        let mut bytes = key.clone().into_bytes();
        for _ in 0..50 {
            bytes = wrap(&bytes);
        }
        assert_eq!(open("x", &bytes).limits(), ["containers inside one another"]);
    }
}
