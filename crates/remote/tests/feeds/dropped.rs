//! Exports of chats and mail, as files in a folder.

use std::{fs, io::Write as _, path::Path};

use leeward_remote::Cursor;
use serde_json::json;
use zip::write::SimpleFileOptions;

use crate::site::{NOW, Source, ids, source, texts, whys};

fn folder(service: &str, path: &Path) -> Source {
    source(&format!(
        "name = \"drop\"\nservice = \"{service}\"\npath = {:?}",
        path.to_str().unwrap()
    ))
}

fn message(n: u32, more: &str) -> serde_json::Value {
    json!({"type": "message", "user": "U1", "text": format!("message {n}{more}"),
        "ts": format!("17000{n:05}.000100"), "user_profile": {"real_name": "Ann"},
        "files": [{"name": format!("notes{n}.txt"), "title": "keys", "thumb_64": "https://x"}]})
}

fn zipped(path: &Path, entries: &[(&str, Vec<u8>)]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn a_slack_export_and_the_one_after_it() {
    let drop = tempfile::tempdir().unwrap();
    let day = |range: std::ops::Range<u32>| {
        json!(range.map(|n| message(n, "")).collect::<Vec<_>>()).to_string().into_bytes()
    };
    zipped(
        &drop.path().join("export-1.zip"),
        &[
            ("users.json", json!([{"id": "U1", "real_name": "Ann"}]).to_string().into_bytes()),
            ("general/2026-01-01.json", day(0..1200)),
            ("../../etc/passwd.json", b"{\"a\": \"only a name\"}".to_vec()),
            ("random/2026-01-01.json", b"[{broken".to_vec()),
        ],
    );
    let mut slack = folder("slack-export", drop.path());
    // From every cursor on, everything comes: each page asked for twice.
    let (mut seen, mut cursor) = (Vec::new(), None::<Cursor>);
    let rest = loop {
        let page = slack.page(cursor.as_ref()).unwrap();
        assert_eq!(
            slack.page(cursor.as_ref()).unwrap(),
            page,
            "a page depends on its cursor alone"
        );
        assert!(page.items.len() <= 1000);
        seen.extend(ids(&page));
        match page.next {
            leeward_remote::Next::More(next) => cursor = Some(next),
            leeward_remote::Next::Later(next) => break next,
        }
    };
    assert_eq!(seen.iter().filter(|id| id.starts_with("general ")).count(), 1200);
    assert!(seen.contains(&"../../etc/passwd.json".to_owned()));
    assert_eq!(seen.len(), 1203);

    let (none, rest) = slack.look(Some(rest));
    assert_eq!(none.items.len(), 0, "nothing twice");
    let folder_of_next = drop.path().join("export-2/general");
    fs::create_dir_all(&folder_of_next).unwrap();
    let mut edited = message(5, " and changed");
    edited["edited"] = json!({"ts": "1795000000.000000", "user": "U1"});
    edited["previous_message"] = json!({"text": "what it said before"});
    fs::write(folder_of_next.join("2026-01-02.json"), json!([edited]).to_string()).unwrap();
    let (news, _) = slack.look(Some(rest));
    let text = texts(&news)[0].clone();
    assert_eq!(ids(&news), ["general 1700000005.000100"]);
    assert_eq!(text.key.version, "1795000000.000000");
    let words = String::from_utf8(text.bytes.clone()).unwrap();
    assert!(words.contains("what it said before") && words.contains("notes5.txt"), "{words}");
    assert!(!words.contains("https://x"));
    assert_eq!(text.place.author.as_deref(), Some("Ann"));
    assert_eq!(
        slack.opened.service.again(&mut slack.client, &text.place).unwrap(),
        Some(text.bytes)
    );
    fs::remove_dir_all(folder_of_next).unwrap();
    assert_eq!(slack.opened.service.again(&mut slack.client, &text.place).unwrap(), None);
}

#[test]
fn bombs_in_exports_are_bounded() {
    let drop = tempfile::tempdir().unwrap();
    zipped(
        &drop.path().join("bomb.zip"),
        &[
            ("general/1.json", vec![b' '; 200 << 20]),
            ("general/2.json", b"[".repeat(1_000_000)),
            ("general/3.json", json!([message(1, "")]).to_string().into_bytes()),
        ],
    );
    fs::write(drop.path().join("no.zip"), b"PK\x03\x04 nothing").unwrap();
    let mut slack = folder("slack-export", drop.path());
    let (all, _) = slack.look(None);
    assert!(texts(&all).iter().all(|text| text.bytes.len() <= 16 << 20));
    assert!(ids(&all).contains(&"general 1700000001.000100".to_owned()));
    let whys = whys(&all);
    for why in ["larger than 16777216 bytes", "no JSON", "no ZIP file"] {
        assert!(whys.contains(why), "{whys}");
    }
}

#[test]
fn teams_in_its_three_shapes() {
    let drop = tempfile::tempdir().unwrap();
    let graph = json!({"value": [{"id": "1616990032035", "chatId": "19:a@thread.v2",
        "createdDateTime": "2099-03-29T03:53:52Z", "lastModifiedDateTime": "2099-03-29T03:53:52Z",
        "from": {"user": {"displayName": "Robin"}}, "body": {"contentType": "html", "content": "<p>hi</p>"},
        "attachments": [{"name": "deploy.env", "content": "K=v"}]}]});
    let own = json!({"userId": "u", "conversations": [{"id": "19:b", "MessageList": [
        {"id": "7", "displayName": "Kim", "originalarrivaltime": "2024-05-01T12:00:00Z", "content": "hello"}]}]});
    fs::write(drop.path().join("a.json"), graph.to_string()).unwrap();
    fs::write(drop.path().join("messages.json"), own.to_string()).unwrap();
    fs::write(drop.path().join("talk.html"), "<html><p>transcript</html>").unwrap();
    fs::write(drop.path().join("picture.png"), "no").unwrap();
    let (all, rest) = folder("teams-export", drop.path()).look(None);
    let found = texts(&all);
    assert_eq!(ids(&all), ["19:a@thread.v2 1616990032035", "19:b 7", "talk.html"]);
    assert!(String::from_utf8_lossy(&found[0].bytes).contains("K=v"));
    assert_eq!(found[0].place.at, Some(NOW));
    assert_eq!(found[1].place.author.as_deref(), Some("Kim"));
    assert_eq!(folder("teams-export", drop.path()).look(Some(rest)).0.items.len(), 0);
}

const MAIL: &str = "From: Ann <ann@host.example>\r\nMessage-ID: <1@host.example>\r\nSubject: =?utf-8?q?k=C3=A9y?=\r\n\
    Date: Wed, 01 May 2024 12:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9 body\r\n\
    --b\r\nContent-Type: text/plain; name=x.env\r\nContent-Disposition: attachment; filename=x.env\r\nContent-Transfer-Encoding: base64\r\n\r\nS0VZPXZhbHVl\r\n\
    --b\r\nContent-Type: image/png; name=p.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoAAAAN\r\n--b--\r\n";

#[test]
fn mail_in_a_maildir_and_in_a_mailbox_that_grows() {
    let drop = tempfile::tempdir().unwrap();
    for name in ["new", "cur", "tmp"] {
        fs::create_dir(drop.path().join(name)).unwrap();
    }
    fs::write(drop.path().join("new/1.host"), MAIL).unwrap();
    fs::write(drop.path().join("tmp/2.host"), "half").unwrap();
    let plain =
        |n: u32| format!("From: b@host.example\nMessage-ID: <m{n}@x>\n\nbody {n}\n>From here\n");
    let mbox: String = (0..120).map(|n| format!("From b Wed May  1\n{}\n", plain(n))).collect();
    fs::write(drop.path().join("box"), &mbox).unwrap();
    let mut mail = folder("mail", drop.path());
    let (all, rest) = mail.look(None);
    let found = texts(&all);
    let of_maildir: Vec<_> =
        found.iter().filter(|text| text.key.id.starts_with("1@host")).collect();
    let bodies: Vec<_> =
        of_maildir[..3].iter().map(|text| String::from_utf8_lossy(&text.bytes)).collect();
    assert_eq!(bodies, ["kéy", "café body", "KEY=value"]);
    assert_eq!(of_maildir[2].place.path.as_deref(), Some(&b"x.env"[..]));
    assert_eq!(of_maildir[3].place.path.as_deref(), Some(&b"p.png"[..]));
    assert!(of_maildir[3].bytes.starts_with(b"\x89PNG"), "what is no text comes as it is");
    assert_eq!(of_maildir[0].place.author.as_deref(), Some("ann@host.example"));
    assert_eq!(of_maildir[0].place.at, Some(1_714_564_800));
    assert_eq!(whys(&all), "");
    assert_eq!(found.iter().filter(|text| text.key.id.starts_with('m')).count(), 120);
    assert!(found.iter().any(|text| text.bytes.starts_with(b"body 7\nFrom here\n")), "unquoted");
    let kept = found.iter().find(|text| text.key.id == "m77@x").unwrap();
    let again = mail.opened.service.again(&mut mail.client, &kept.place).unwrap();
    assert_eq!(again.as_ref(), Some(&kept.bytes));

    let grown = format!("{mbox}From b Wed May  1\n{}\n", plain(500));
    fs::write(drop.path().join("box"), &grown).unwrap();
    let (news, rest) = mail.look(Some(rest));
    assert_eq!(ids(&news), ["m500@x"], "only what was added");
    // Written anew: read anew.
    fs::write(
        drop.path().join("box"),
        format!("From c Wed\n{}\n{}", plain(9), "x\n".repeat(20_000)),
    )
    .unwrap();
    let (news, _) = mail.look(Some(rest));
    assert_eq!(ids(&news), ["m9@x"]);
}

#[test]
fn bombs_in_mail_are_bounded() {
    let drop = tempfile::tempdir().unwrap();
    let many =
        format!("{}\r\n{}", &MAIL[..MAIL.find("--b").unwrap()], "--b\r\n\r\nx\r\n".repeat(300_000));
    fs::write(drop.path().join("many.eml"), many).unwrap();
    let mut nested = "From: a@b.example\r\nSubject: end\r\n\r\ndeepest".to_owned();
    for n in 0..2000 {
        nested = format!("Message-ID: <{n}@x>\r\nContent-Type: message/rfc822\r\n\r\n{nested}");
    }
    fs::write(drop.path().join("nested.eml"), nested).unwrap();
    let boundaries: String = (0..3000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    fs::write(drop.path().join("parts.eml"), boundaries).unwrap();
    fs::write(drop.path().join("headers.eml"), "A:\n".repeat(1_000_000)).unwrap();
    fs::write(drop.path().join("line.eml"), vec![b'x'; 20 << 20]).unwrap();
    let began = std::time::Instant::now();
    let (all, _) = folder("mail", drop.path()).look(None);
    assert!(whys(&all).contains("too many parts or headers"), "{}", whys(&all));
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
}
