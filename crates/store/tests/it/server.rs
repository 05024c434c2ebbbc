//! What only a server does: passwords, certificates, connections that end, users who
//! may only read.

use std::time::Instant;

use leeward_model::EventKind;
use leeward_servers::Postgres;
use leeward_store::{Filter, Place, Store, Trouble};

use crate::fixture::*;

fn open(url: &str) -> Result<Store, Trouble> {
    Store::open(&Place::parse(url))
}

#[test]
fn no_trouble_shows_the_password() {
    let server = Postgres::shared();
    let good = server.url("postgres");
    let nowhere = good.replace(&format!(":{}/", server.port()), ":1/");
    for url in [
        nowhere,
        good.replace("leeward:", "nobody:"),
        good.replace("/postgres", "/not-there"),
        good.replace("127.0.0.1", "not-there.invalid"),
        format!("{good}?sslmode=maybe"),
        format!("{good}?nonsense=hush%3Anever%40shown%3F"),
        format!("postgres://leeward:{}@127.0.0.1/x", server.password()),
    ] {
        let trouble = refusal(open(&url));
        assert!(matches!(trouble, Trouble::Connect(_)), "{trouble:?}");
        for text in [trouble.to_string(), format!("{trouble:?}"), Place::parse(&url).to_string()] {
            assert!(!text.contains("hush") && !text.contains("shown"), "{text}");
        }
    }
    let store = open(&server.database()).unwrap();
    assert!(!format!("{store:?}").contains("hush"));
}

#[test]
fn certificates_are_checked() {
    let server = Postgres::shared();
    let url = server.database();
    // The server has one, but no issuer that this machine trusts.
    let said = refusal(open(&format!("{url}?sslmode=require"))).to_string();
    assert!(said.contains("certificate"), "{said}");
    let issuer = server.issuer().to_str().unwrap().replace('/', "%2F");
    let checked = format!("{url}?sslmode=verify-full&sslrootcert={issuer}");
    // It is made out to another name.
    let said = refusal(open(&checked)).to_string();
    assert!(said.contains("certificate"), "{said}");
    let mut store = open(&checked.replace("127.0.0.1", "localhost")).unwrap();
    record(&mut store, NOW, &[finding(&[file("/srv/a", 1)])]);
    let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
    let encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                     WHERE ssl AND datname = current_database()";
    let encrypted: i64 = client.query_one(encrypted, &[]).unwrap().get(0);
    assert_eq!(encrypted, 1);
}

#[test]
fn a_connection_that_ended_is_made_anew() {
    let base = Base::postgres();
    let mut store = base.open();
    let id = record(&mut store, NOW, &[finding(&[file("/srv/a", 1)])]).opened[0];
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    base.tamper(cut);
    close(&mut store, id, NOW + 1);
    base.tamper(cut);
    assert_eq!(store.incidents(&Filter { all: true, ..Filter::default() }).unwrap().len(), 1);
    assert_sound(&mut store);
}

#[test]
fn who_may_only_read_reads() {
    let base = Base::postgres();
    record(&mut base.open(), NOW, &[finding(&[file("/srv/a", 1)])]);
    let reader = format!("reader_{}", base.address().rsplit('_').next().unwrap());
    base.tamper(&format!(
        "CREATE ROLE {reader} LOGIN PASSWORD 'reads'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}"
    ));
    let address = base.address();
    let url = format!("postgres://{reader}:reads@{}", address.rsplit('@').next().unwrap());
    let mut store = Store::open_existing(&Place::parse(&url)).unwrap().unwrap();
    let line = store.incidents(&Filter::default()).unwrap().remove(0);
    assert!(store.case(&line.fingerprint).unwrap().is_some());
    assert_sound(&mut store);
    let said = store.append(&[entry(line.id, NOW, EventKind::Noted, &[])]).unwrap_err();
    assert!(matches!(said, Trouble::ReadOnly), "{said}");
}

#[test]
fn a_lock_is_not_waited_for_without_end() {
    let base = Base::postgres();
    let mut store = base.open();
    let Base::Postgres(url) = &base else { panic!() };
    let mut other = postgres::Client::connect(url, postgres::NoTls).unwrap();
    other.batch_execute("BEGIN; SELECT * FROM head FOR UPDATE").unwrap();
    let begun = Instant::now();
    let said = store.record(&scan(NOW, &[finding(&[file("/srv/a", 1)])], &[])).unwrap_err();
    assert!(matches!(said, Trouble::Locked), "{said}");
    assert!((8..30).contains(&begun.elapsed().as_secs()));
    other.batch_execute("COMMIT").unwrap();
    record(&mut store, NOW, &[finding(&[file("/srv/a", 1)])]);
}

#[test]
fn a_database_in_another_encoding_is_refused() {
    let server = Postgres::shared();
    let mut client = postgres::Client::connect(&server.url("postgres"), postgres::NoTls).unwrap();
    client
        .batch_execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        .unwrap();
    let said = refusal(open(&server.url("latin"))).to_string();
    assert!(said.contains("ENCODING 'UTF8'"), "{said}");
}
