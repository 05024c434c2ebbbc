use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::fixture::{open, value};

/// A message with a text in quoted printable, a file in base64, and a message within.
fn message(keys: &[String; 3]) -> String {
    let (head, tail) = keys[0].split_at(12);
    let file = STANDARD.encode(format!("# settings\nKEY={}\n", keys[1]));
    let within = format!(
        "From: c@example.com\r\nTo: d@example.com\r\nSubject: old\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        STANDARD.encode(format!("token {}", keys[2]))
    );
    format!(
        "From: a@example.com\r\nTo: b@example.com\r\nSubject: keys\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"xx\"\r\n\r\n\
         --xx\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
         Here it is=3A\r\nkey=3D{head}=\r\n{tail}\r\n\
         --xx\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"prod.env\"\r\n\r\n{file}\r\n\
         --xx\r\nContent-Type: message/rfc822\r\n\r\n{within}\r\n--xx--\r\n"
    )
}

#[test]
fn parts_are_decoded_and_named() {
    let keys = [value(), value(), value()];
    let opened = open("a.eml", message(&keys).as_bytes());
    assert_eq!(opened.places(&format!("key={}", keys[0])), ["!part 1:2"], "{:?}", opened.texts);
    assert_eq!(opened.places(&keys[1]), ["!prod.env:2"]);
    assert_eq!(opened.places(&keys[2]), ["!part 3.eml!part 1:1"]);
    assert!(opened.texts["!headers"].contains("Subject: keys"));
}

#[test]
fn a_mailbox_has_messages() {
    let keys = [value(), value(), value()];
    let quoted = value();
    let plain = format!(
        "From x@example.com Sat Nov 28 10:00:00 2026\nFrom: x@example.com\nTo: y@example.com\n\
         Subject: one\n\n>From now on\n{quoted}\n\n"
    );
    let mailbox = format!(
        "{plain}From a@example.com Sat Nov 28 10:00:00 2026\n{}\nFrom last\nSubject: three\n\n.\n",
        message(&keys).replace("\r\n", "\n")
    );
    let opened = open("inbox", mailbox.as_bytes());
    assert!(opened.texts["!message 1"].contains("\nFrom now on\n"));
    assert!(
        opened.places(&quoted).contains(&"!message 1!part 1:2".to_owned()),
        "{:?}",
        opened.texts
    );
    assert_eq!(opened.places(&keys[1]), ["!message 2!prod.env:2"]);
    assert_eq!(opened.places(&keys[2]), ["!message 2!part 3.eml!part 1:1"]);
    assert!(opened.texts.contains_key("!message 3") && !opened.texts.contains_key("!message 4"));
}
