//! Images through the command: a file that a later layer deletes is found, and it is said
//! that it is deleted, in a registry, in a saved image and in a folder in OCI layout.

use std::fs;

use flate2::Compression;
use serde_json::Value;

use crate::{
    archives::{gzip, tarred},
    fixture::{Run, World, key, line},
};

#[path = "../../../objects/tests/images/hub.rs"]
#[expect(dead_code, reason = "not all of its manners are wanted here")]
mod hub;

use self::hub::{Hub, Manners, digest};

/// A layer with keys, one that deletes a file of it, one that deletes a directory, and one
/// that empties another.
fn layers() -> [Vec<u8>; 4] {
    let line = || line(&key());
    let files = ["srv/app/.env", "srv/kept.env", "opt/tool/a/x.env", "var/cache/y.env"];
    let lines = files.map(|file| (file, line()));
    let files: Vec<(&str, &[u8])> =
        lines.iter().map(|(file, line)| (*file, line.as_bytes())).collect();
    [
        tarred(&files),
        tarred(&[("./srv/app/.wh..env", b"")]),
        tarred(&[("opt/.wh.tool", b""), ("srv/app/.env", b"A=1\n")]),
        tarred(&[("var/cache/.wh..wh..opq", b"")]),
    ]
}

/// The files that were found and the layers that delete them.
#[track_caller]
fn check(run: &Run, layers: [&str; 3]) {
    let report = run.json();
    let findings = report["findings"].as_array().unwrap().iter();
    let said = |finding: &Value| {
        let place = &finding["locations"][0];
        let file = place["inside"].as_array().unwrap().last().unwrap().clone();
        let sentence = finding["exposure"]["text"].to_string();
        assert_eq!(sentence.contains("deleted by a later layer"), place["deleted_by"].is_string());
        (file.as_str().unwrap().to_owned(), place["deleted_by"].as_str().map(str::to_owned))
    };
    let mut found: Vec<_> = findings.map(said).collect();
    found.sort();
    let files = ["opt/tool/a/x.env", "srv/app/.env", "srv/kept.env", "var/cache/y.env"];
    let wanted = [Some(layers[1]), Some(layers[0]), None, Some(layers[2])];
    let wanted = files.into_iter().zip(wanted);
    let wanted: Vec<_> =
        wanted.map(|(file, layer)| (file.to_owned(), layer.map(str::to_owned))).collect();
    assert_eq!(found, wanted);
}

#[test]
fn what_a_later_layer_deletes_is_found_and_said_to_be_deleted() {
    let (world, layers) = (World::new(), layers());
    let packed = layers.each_ref().map(|layer| gzip(layer, Compression::fast()));
    let names = [1, 2, 3].map(|at: usize| {
        format!("layer {} {}", at + 1, &digest(&packed[at])[.."sha256:".len() + 12])
    });
    let names = names.each_ref().map(String::as_str);
    let scan = |what: &str| world.run(["scan", "--format", "json", "--resume", what]);

    let hub = Hub::start(Manners::default());
    let descriptors = packed.each_ref().map(|layer| hub.blob(layer)).join(",");
    let manifest = format!("{{\"layers\":[{descriptors}]}}");
    hub.tag("1.2", &manifest);
    check(&scan(&hub.name()).exits(1), names);
    // What deletes is asked for again: it says something of what is found again.
    check(&scan(&hub.name()).exits(1), names);
    let shown = world.run(["scan", &hub.name()]).exits(1).out;
    assert!(shown.contains(&format!("(deleted by {})", names[0])), "{shown}");

    let folder = world.work().join("layout/blobs/sha256");
    fs::create_dir_all(&folder).unwrap();
    let mut archived = Vec::new();
    for blob in packed.iter().map(Vec::as_slice).chain([manifest.as_bytes()]) {
        let name = digest(blob).replace("sha256:", "");
        fs::write(folder.join(&name), blob).unwrap();
        archived.push((format!("blobs/sha256/{name}"), blob));
    }
    check(&scan("layout").exits(1), names);
    let archived: Vec<_> = archived.iter().map(|(name, blob)| (name.as_str(), *blob)).collect();
    world.write("layout.tar", tarred(&archived));
    check(&scan("layout.tar").exits(1), names);

    let saved = br#"[{"Config":"c.json","Layers":["a/layer.tar","b/layer.tar","c/layer.tar","d/layer.tar"]}]"#;
    let paths = ["a/layer.tar", "b/layer.tar", "c/layer.tar", "d/layer.tar"];
    let mut members: Vec<(&str, &[u8])> =
        paths.into_iter().zip(layers.iter().map(Vec::as_slice)).collect();
    members.push(("manifest.json", saved));
    world.write("saved.tar", tarred(&members));
    let names = ["layer 2 b/layer.tar", "layer 3 c/layer.tar", "layer 4 d/layer.tar"];
    check(&scan("saved.tar").exits(1), names);
}

#[test]
fn what_one_image_keeps_is_not_said_to_be_deleted() {
    let world = World::new();
    let [first, second, ..] = layers();
    let saved =
        br#"[{"Layers":["a/layer.tar","b/layer.tar"]},{"Layers":["a/layer.tar","c/layer.tar"]}]"#;
    let other = tarred(&[("nothing", b"")]);
    let members: [(&str, &[u8]); 4] = [
        ("a/layer.tar", &first),
        ("b/layer.tar", &second),
        ("c/layer.tar", &other),
        ("manifest.json", saved),
    ];
    world.write("saved.tar", tarred(&members));
    let run = world.run(["scan", "--format", "json", "saved.tar"]).exits(1);
    assert!(run.out.contains("srv/app/.env") && !run.out.contains("deleted_by"), "{}", run.out);
}

#[test]
fn a_blob_in_a_folder_is_held_against_its_digest() {
    let world = World::new();
    let blob = gzip(&tarred(&[("a.env", line(&key()).as_bytes())]), Compression::fast());
    let name = digest(&blob).replace("sha256:", "");
    world.write(format!("layout/blobs/sha256/{name}"), &blob);
    let right = world.run(["scan", "--format", "json", "layout"]).exits(1).json();
    assert_eq!(right["scan"]["complete"], true);
    world.write(format!("layout/blobs/sha256/{name}"), [&blob[..], b"more"].concat());
    let wrong = world.run(["scan", "--format", "json", "layout"]).exits(1).json();
    let left = &wrong["coverage"]["not_scanned"];
    assert!(left.to_string().contains("digest-mismatch"), "{left}");
}
