use std::fmt::Write as _;

use crate::fixture::{open, value};

/// A document of pages with these contents, streams as they are.
pub(crate) fn document(pages: &[&str], more: &[String]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        String::new(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ];
    let mut kids = String::new();
    for content in pages {
        let number = objects.len() + 1;
        write!(kids, "{number} 0 R ").unwrap();
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {} 0 R \
             /Resources << /Font << /F1 3 0 R >> >> >>",
            number + 1
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    objects[1] = format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len());
    objects.extend(more.iter().cloned());
    let mut out = String::from("%PDF-1.5\n");
    let mut offsets = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        writeln!(out, "{} 0 obj\n{object}\nendobj", at + 1).unwrap();
    }
    let start = out.len();
    writeln!(out, "xref\n0 {}\n0000000000 65535 f ", objects.len() + 1).unwrap();
    for offset in offsets {
        writeln!(out, "{offset:010} 00000 n ").unwrap();
    }
    writeln!(
        out,
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF",
        objects.len() + 1
    )
    .unwrap();
    out.into_bytes()
}

#[test]
fn a_value_is_one_word_however_it_is_drawn() {
    let keys: Vec<String> = (0..4).map(|_| value()).collect();
    let (head, tail) = keys[1].split_at(11);
    let letters: String = keys[2].chars().map(|letter| format!("({letter}) Tj 6 0 Td ")).collect();
    let pages = [
        format!("BT /F1 10 Tf 50 700 Td (First line) Tj 0 -14 Td (key = {}) Tj ET", keys[0]),
        format!("BT /F1 10 Tf 50 700 Td [(name) -600 ({head}) 20 ({tail})] TJ T* (end) Tj ET"),
        format!("BT /F1 10 Tf 50 700 Td {letters} ET"),
        format!("BT /F1 10 Tf 1 0 0 1 50 700 Tm (token) Tj 1 0 0 1 120 700 Tm ({}) Tj ET", keys[3]),
    ];
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let opened = open("a.pdf", &document(&pages, &[]));
    assert_eq!(opened.places(&keys[0]), ["!page 1:2"], "{:?}", opened.texts);
    assert!(opened.texts["!page 2"].contains(&format!("name {}", keys[1])), "{:?}", opened.texts);
    assert_eq!(opened.places(&keys[2]), ["!page 3:1"], "{:?}", opened.texts);
    assert!(opened.texts["!page 4"].contains(&format!("token {}", keys[3])), "{:?}", opened.texts);
    assert!(opened.coverage.is_complete(), "{:?}", opened.reasons());
}

#[test]
fn attachments_have_their_names() {
    let key = value();
    let file = format!("KEY={key}\n");
    let more = [
        format!("<< /Type /EmbeddedFile /Length {} >>\nstream\n{file}\nendstream", file.len()),
        "<< /Type /Filespec /F (secrets.env) /UF (secrets.env) /EF << /F 6 0 R >> >>".to_owned(),
    ];
    let opened = open("a.pdf", &document(&["BT ET"], &more));
    assert_eq!(opened.places(&key), ["!secrets.env:1"], "{:?}", opened.texts);
}
