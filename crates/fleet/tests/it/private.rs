//! A queue that speaks TLS alone and knows both ends by their keys, and one that knows them
//! by credentials files, on real servers.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use leeward_fleet::{
    Placed, Queue as _, Trouble,
    nats::{Address, BadSetup, Login, Nats},
};
use nkeys::KeyPair;
use serde_json::{Value, json};

use crate::nats::setup;

fn login(key: &KeyPair) -> Login {
    // As the file says it that people are handed.
    Login::of_file(format!("{}\n", key.seed().unwrap()).as_bytes()).unwrap()
}

#[test]
fn both_ends_come_in_by_their_keys_over_tls() {
    let (office, worker, stranger) =
        (KeyPair::new_user(), KeyPair::new_user(), KeyPair::new_user());
    let users = format!(
        "authorization {{ users: [ {{ nkey: {} }}, {{ nkey: {} }} ] }}",
        office.public_key(),
        worker.public_key()
    );
    let server = leeward_servers::Nats::private(&users);
    let address =
        |key: &KeyPair| Address { url: server.url(), login: login(key), ca: Some(server.issuer()) };
    let serving = Nats::server(&address(&office), &setup()).unwrap();
    assert_eq!(serving.publish("a", b"a job").unwrap(), Placed::Kept);
    let working = Nats::worker(&address(&worker)).unwrap();
    let held = working.pull(Duration::from_millis(500)).unwrap().unwrap();
    assert_eq!(held.bytes(), b"a job");
    held.ack().unwrap();

    // A key that nobody knows, no key, and a certificate that nobody trusts.
    let refused = Nats::worker(&address(&stranger)).unwrap_err();
    assert!(matches!(refused, Trouble::Refused(_)), "{refused}");
    let nobody = Address { login: Login::Anyone, ..address(&worker) };
    let refused = Nats::worker(&nobody).unwrap_err();
    assert!(matches!(refused, Trouble::Refused(_)), "{refused}");
    let distrustful = Address { ca: None, ..address(&office) };
    let refused = Nats::server(&distrustful, &setup()).unwrap_err();
    assert!(matches!(refused, BadSetup::Trouble(Trouble::Failed(_))), "{refused}");
    // Nobody is asked in the clear who was to be asked over TLS.
    let plain = leeward_servers::Nats::start("");
    let url = plain.url().replace("nats://127.0.0.1", "tls://localhost");
    let refused = Nats::worker(&Address { url, ..address(&worker) }).unwrap_err();
    assert!(matches!(refused, Trouble::Failed(_)), "{refused}");
}

/// What an issuer says of somebody, signed, as NATS has it
/// (docs.nats.io/running-a-nats-service/nats_admin/security/jwt).
fn said(issuer: &KeyPair, of: &KeyPair, what: &Value) -> String {
    let claims = json!({
        "jti": of.public_key(), "iat": 1, "iss": issuer.public_key(), "name": "leeward",
        "sub": of.public_key(), "nats": what,
    });
    let coded = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let text =
        format!("{}.{}", coded(&json!({"typ": "JWT", "alg": "ed25519-nkey"})), coded(&claims));
    let signature = issuer.sign(text.as_bytes()).unwrap();
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn both_ends_come_in_by_credentials_files() {
    let operator = KeyPair::new_operator();
    let (account, system) = (KeyPair::new_account(), KeyPair::new_account());
    let any = json!(-1);
    let of_operator = said(&operator, &operator, &json!({"type": "operator", "version": 2}));
    // The servers' own account keeps no streams.
    let preloaded = [(&account, -1), (&system, 0)].map(|(it, kept)| {
        let limits = json!({
            "subs": any, "data": any, "payload": any, "imports": any, "exports": any, "conn": any,
            "leaf": any, "mem_storage": kept, "disk_storage": kept, "streams": kept,
            "consumer": kept,
        });
        let what = json!({"type": "account", "version": 2, "limits": limits});
        format!("{}: {}", it.public_key(), said(&operator, it, &what))
    });
    let preloaded = preloaded.join("\n");
    let server = leeward_servers::Nats::start(&format!(
        "operator: {of_operator}\nsystem_account: {}\nresolver: MEMORY\n\
         resolver_preload: {{\n{preloaded}\n}}\n",
        system.public_key()
    ));
    let address = |issuer: &KeyPair| {
        let user = KeyPair::new_user();
        let what = json!({"type": "user", "version": 2, "subs": any, "data": any, "payload": any});
        let file = format!(
            "-----BEGIN NATS USER JWT-----\n{}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
            said(issuer, &user, &what),
            user.seed().unwrap()
        );
        let login = Login::of_file(file.as_bytes()).unwrap();
        Address { url: server.url(), login, ca: None }
    };
    let serving = Nats::server(&address(&account), &setup()).unwrap();
    assert_eq!(serving.publish("a", b"a job").unwrap(), Placed::Kept);
    let working = Nats::worker(&address(&account)).unwrap();
    let held = working.pull(Duration::from_millis(500)).unwrap().unwrap();
    assert_eq!(held.bytes(), b"a job");
    held.ack().unwrap();
    let refused = Nats::worker(&address(&KeyPair::new_account())).unwrap_err();
    assert!(matches!(refused, Trouble::Refused(_)), "{refused}");
}
