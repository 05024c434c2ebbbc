use std::{fmt::Write as _, time::Instant};

use leeward_unpack::Limits;

use crate::{
    fixture::{open, open_within, value, zip},
    pdf::document,
};

const TYPES: (&str, &str) = ("[Content_Types].xml", "<Types/>");

#[test]
fn an_entity_that_grows_is_not_resolved() {
    let mut bomb = String::from("<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\">");
    for (name, of) in ('b'..='k').zip('a'..) {
        write!(bomb, "<!ENTITY {name} \"{}\">", format!("&{of};").repeat(10)).unwrap();
    }
    let key = value();
    write!(bomb, "]><w:document><w:p><w:t>&k; {key}</w:t></w:p></w:document>").unwrap();
    let opened = open("a.docx", &zip(&[TYPES, ("word/document.xml", &bomb)]));
    assert_eq!(opened.places(&key), ["!word/document.xml:1"]);
    assert!(opened.texts["!word/document.xml"].len() < 10_000);
    // What is no document is not parsed at all.
    let svg = bomb.replace("w:document", "svg");
    assert!(open("a.svg", svg.as_bytes()).coverage.is_complete());
}

#[test]
fn a_sheet_of_a_million_rows_that_are_not_there() {
    let rows = "<table:table-row table:number-rows-repeated=\"1048576\">\
         <table:table-cell table:number-columns-repeated=\"16384\"><text:p>x</text:p></table:table-cell>\
         </table:table-row>"
        .repeat(1000);
    let sheet = format!("<c><table:table table:name=\"t\">{rows}</table:table></c>");
    let kind = "application/vnd.oasis.opendocument.spreadsheet";
    let begun = Instant::now();
    let opened = open("a.ods", &zip(&[("mimetype", kind), ("content.xml", &sheet)]));
    assert!(begun.elapsed().as_secs() < 60);
    assert!(opened.texts["!t"].starts_with("{\"A\":\"x\"}\n"));
}

#[test]
fn json_in_json_without_end_is_told() {
    let deep = format!("{{\"cells\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(open("a.ipynb", deep.as_bytes()).reasons()[0].contains("not what JSON is"));
    let deep = format!("{{\"cells\":[{}{}]}}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert!(open("a.ipynb", deep.as_bytes()).reasons()[0].contains("not what JSON is"));
    let aside = format!("{{\"cells\":[],\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    // What is passed over may be as deep as it likes.
    open("a.ipynb", aside.as_bytes());
}

#[test]
fn aliases_in_aliases_are_not_followed() {
    let mut yaml = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
    for (name, of) in ('b'..='i').zip('a'..) {
        let list = vec![format!("*{of}"); 9].join(",");
        writeln!(yaml, "{name}: &{name} [{list}]").unwrap();
    }
    let opened = open("a.yaml", yaml.as_bytes());
    assert!(opened.coverage.is_complete() && opened.texts.len() == 1);
}

#[test]
fn documents_that_lead_back_to_themselves_end() {
    // A form that draws itself, a page tree that is its own branch, arrays without end.
    let form = "<< /Type /XObject /Subtype /Form /Resources << /XObject << /X 6 0 R >> >> \
         /Length 8 >>\nstream\n/X Do   \nendstream"
        .to_owned();
    let loops = document(&["/X Do"], &[form]);
    open("a.pdf", &loops);
    let mut tree = String::from_utf8(document(&["BT ET"], &[])).unwrap();
    tree = tree.replace("/Kids [4 0 R ]", "/Kids [2 0 R 4]");
    open("a.pdf", tree.as_bytes());
    for deep in ["[", "<< /a "] {
        let deep = document(&["BT ET"], &[deep.repeat(20_000)]);
        open("a.pdf", &deep);
    }
    let opened = open("a.pdf", b"%PDF-1.4\nnothing that follows is one");
    assert!(opened.reasons()[0].contains("Corrupt"), "{:?}", opened.reasons());
}

#[test]
fn what_is_cut_off_is_told() {
    let whole = zip(&[TYPES, ("word/document.xml", "<w:p><w:t>text</w:t></w:p>")]);
    let opened = open("a.docx", &whole[..whole.len() - 30]);
    assert!(!opened.coverage.is_complete());
    let whole = document(&["BT /F1 10 Tf (x) Tj ET"], &[]);
    open("a.pdf", &whole[..whole.len() / 2]);
    let opened = open("a.db", b"SQLite format 3\0\x10\0");
    assert!(!opened.coverage.is_complete());
    let opened = open("a.ipynb", b"{\"cells\": [{\"source\": \"x\"}, {");
    assert_eq!(opened.texts["!cell 1"], "x");
    assert!(!opened.coverage.is_complete());
}

#[test]
fn a_document_that_unpacks_to_very_much_stops() {
    let much = format!("<w:p><w:t>{}</w:t></w:p>", "a".repeat(96 << 20));
    let limits = Limits { bytes: 8 << 20, bytes_for_each: 1, ..Limits::default() };
    let opened = open_within("a.docx", &zip(&[TYPES, ("word/document.xml", &much)]), limits);
    assert!(opened.reasons().iter().any(|told| told.contains("Limit")), "{:?}", opened.reasons());
}
