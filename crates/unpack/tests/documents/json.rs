use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::fixture::{open, value};

#[test]
fn notebooks_have_cells_and_outputs() {
    let keys = [value(), value(), value()];
    let notebook = json!({
        "cells": [
            { "cell_type": "markdown", "source": ["# Title\n", "text"] },
            { "cell_type": "code", "source": ["import os\n", format!("KEY = \"{}\"\n", keys[0])],
              "outputs": [
                { "output_type": "stream", "text": format!("one\ntwo {}\n", keys[1]) },
                { "output_type": "error", "ename": "E", "evalue": "v",
                  "traceback": [format!("\u{1b}[0;31m{}\u{1b}[0m{}", &keys[2][..6], &keys[2][6..])] },
                { "output_type": "display_data",
                  "data": { "text/html": ["<b>", "x</b>"], "image/png": "AAAA" } },
              ] },
        ],
        "metadata": {}, "nbformat": 4,
    });
    let opened = open("a", notebook.to_string().as_bytes());
    assert_eq!(opened.places(&keys[0]), ["!cell 2:2"]);
    assert_eq!(opened.places(&keys[1]), ["!cell 2 output 1:2"]);
    assert_eq!(opened.places(&keys[2]), ["!cell 2 output 2:3"]);
    assert_eq!(opened.texts["!cell 2 output 3 text/html"], "<b>x</b>");
    assert!(!opened.texts.keys().any(|way| way.contains("image")));
    let old = json!({ "metadata": {}, "worksheets": [{ "cells": [{ "input": keys[0] }] }] });
    assert_eq!(open("a.ipynb", old.to_string().as_bytes()).places(&keys[0]), ["!cell 1:1"]);
}

#[test]
fn traffic_has_bodies() {
    let keys = [value(), value()];
    let body = |text: &str| json!({ "encoding": "base64", "text": STANDARD.encode(text) });
    let har = json!({ "log": { "version": "1.2", "creator": {}, "entries": [
        { "request": {}, "response": { "content": body(&format!("a\nkey {}", keys[0])) } },
        { "request": { "postData": body(&keys[1]) }, "response": { "content": { "text": "plain" } } },
        { "response": { "content": { "encoding": "base64", "text": "***" } } },
    ] } });
    let opened = open("a.har", har.to_string().as_bytes());
    assert_eq!(opened.places(&keys[0]), ["!entry 1 response:2"]);
    assert_eq!(opened.places(&keys[1]), ["!entry 2 request:1"]);
    assert!(
        opened.reasons()[0].starts_with("a.har!entry 3 response: Corrupt"),
        "{:?}",
        opened.reasons()
    );
}

#[test]
fn maps_have_sources() {
    let key = value();
    let map = json!({
        "version": 3, "file": "app.js",
        "sources": ["webpack:///./src/index.ts", null, "src/config.ts"],
        "sourcesContent": ["let a;\n", "let b;", format!("export const x = {{\n  key: '{key}',\n}};\n")],
        "names": [], "mappings": "AAAA",
    });
    let opened = open("app.js.map", map.to_string().as_bytes());
    assert_eq!(opened.places(&key), ["!src/config.ts:2"]);
    assert_eq!(opened.texts["!source 2"], "let b;");
}
