//! The KV engine of version 2 as OpenBao serves it.

use leeward_model::Secret;
use leeward_probe::{Courier, Network, Parcel, Stop};
use serde_json::{Value, json};

use super::*;
use crate::servers;

/// A request of the test's own, past the code that is tested.
fn ask(url: &str, token: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let mut parcel = Parcel::new(method, &format!("{url}/v1/{path}"))
        .unwrap()
        .secret_header("x-vault-token", "", &Secret::new(token.as_bytes()))
        .unwrap();
    if let Some(body) = body {
        parcel = parcel.body(body.to_string());
    }
    let courier =
        Courier::new(&Network::default(), &["127.0.0.1".to_owned()], Stop::new()).unwrap();
    let answer = courier.send(parcel).unwrap();
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

#[test]
fn a_key_is_made_kept_and_replaced() {
    let root = random_value();
    let bao = servers::bao(&root, false);
    let url = bao.url();
    let variables = [("VAULT_ADDR", url.as_str()), ("VAULT_TOKEN", root.as_str())];
    let place = "vault:secret/team/app one#MISTRAL_API_KEY";
    let (old, new) = (random_value(), random_value());

    assert_eq!(holds(place, &variables, &old), Ok(Held::Absent));
    let receipt = put(place, &variables, &old).unwrap();
    assert!(receipt.changed);
    assert_eq!(receipt.facts["version"], "1");
    assert_eq!(holds(place, &variables, &old), Ok(Held::Yes));

    // Others put their own keys beside it.
    let path = "secret/data/team/app%20one";
    let others = json!({ "number": 1234567890123_u64, "list": [1, null], "MISTRAL_API_KEY": old });
    let (status, _) = ask(&url, &root, "POST", path, Some(json!({ "data": others })));
    assert_eq!(status, 200);

    let again = put(place, &variables, &old).unwrap();
    assert!(!again.changed, "{again:?}");
    assert_eq!(again.facts["version"], "2");

    let receipt = put(place, &variables, &new).unwrap();
    assert_eq!((receipt.changed, receipt.facts["version"].as_str()), (true, "3"));
    assert!(receipt.text.contains("2 other keys kept"), "{}", receipt.text);
    assert!(receipt.facts["created_time"].starts_with("20"), "{receipt:?}");
    assert_eq!(holds(place, &variables, &old), Ok(Held::No));
    assert_eq!(holds(place, &variables, &new), Ok(Held::Yes));
    let (_, now) = ask(&url, &root, "GET", path, None);
    let expected =
        json!({ "number": 1234567890123_u64, "list": [1, null], "MISTRAL_API_KEY": new });
    assert_eq!(now["data"]["data"], expected);

    // A version that was deleted is none, and the next is written all the same.
    assert_eq!(ask(&url, &root, "DELETE", path, None).0, 204);
    assert_eq!(holds(place, &variables, &new), Ok(Held::Absent));
    let receipt = put(place, &variables, &new).unwrap();
    assert_eq!((receipt.changed, receipt.facts["version"].as_str()), (true, "4"));
}

#[test]
fn what_others_write_at_the_same_time_is_not_lost() {
    let root = random_value();
    let bao = servers::bao(&root, false);
    let url = bao.url();
    let variables = [("VAULT_ADDR", url.as_str()), ("VAULT_TOKEN", root.as_str())];
    let rounds = 12;
    let conflicts: usize = std::thread::scope(|scope| {
        let writer = |name: &'static str| {
            scope.spawn(move || {
                let write = |round: usize| {
                    put(&format!("vault:secret/shared#{name}{round}"), &variables, &random_value())
                };
                (0..rounds).filter(|&round| write(round).is_err()).count()
            })
        };
        let writers = ["a", "b", "c"].map(writer);
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    let (_, now) = ask(&url, &root, "GET", "secret/data/shared", None);
    let keys = now["data"]["data"].as_object().unwrap().len();
    assert_eq!(keys + conflicts, 3 * rounds, "each key is there, or its writer was told");
}

#[test]
fn refusals_say_what_to_do() {
    let root = random_value();
    let bao = servers::bao(&root, false);
    let url = bao.url();
    let value = random_value();
    let with = |token: &str, place: &str| {
        trouble(put(place, &[("VAULT_ADDR", &url), ("VAULT_TOKEN", token)], &value))
    };

    let why = with(&random_value(), "vault:secret/app#k");
    assert!(why.contains("does not take the token") && why.contains("login"), "{why}");
    let why = with(&root, "vault:nosuch/app#k");
    assert!(why.contains("nothing at `nosuch/app`"), "{why}");
    let why = trouble(put("vault:secret/app#k", &[("VAULT_ADDR", &url)], &value));
    assert!(why.starts_with("VAULT_TOKEN is not set"), "{why}");
    let space = [("VAULT_ADDR", &*url), ("VAULT_TOKEN", &root), ("VAULT_NAMESPACE", "elsewhere")];
    let why = trouble(put("vault:secret/app#k", &space, &value));
    assert!(why.contains("no such namespace"), "{why}");

    // A policy that may read and not write.
    let policy = json!({ "policy": "path \"secret/data/*\" { capabilities = [\"read\"] }" });
    assert_eq!(ask(&url, &root, "PUT", "sys/policies/acl/reader", Some(policy)).0, 204);
    let wanted = json!({ "policies": ["reader"], "no_parent": true });
    let (_, reader) = ask(&url, &root, "POST", "auth/token/create", Some(wanted));
    let reader = reader["auth"]["client_token"].as_str().unwrap().to_owned();
    let why = with(&reader, "vault:secret/app#k");
    assert!(why.contains("`update` on `secret/data/app`"), "{why}");

    // A token whose time is up.
    let wanted = json!({ "policies": ["reader"], "no_parent": true, "ttl": "1s" });
    let (_, short) = ask(&url, &root, "POST", "auth/token/create", Some(wanted));
    let short = short["auth"]["client_token"].as_str().unwrap().to_owned();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let why = with(&short, "vault:secret/app#k");
    assert!(why.contains("expired"), "{why}");

    // Version 1 would store the request as a secret of its own.
    let engine = json!({ "type": "kv", "options": { "version": "1" } });
    assert_eq!(ask(&url, &root, "POST", "sys/mounts/old", Some(engine)).0, 204);
    let why = with(&root, "vault:old/app#k");
    assert!(why.contains("KV version 1") && why.contains("enable-versioning old"), "{why}");
    assert_eq!(ask(&url, &root, "GET", "old?list=true", None).0, 404, "nothing was stored");
    let why = with(&root, "vault:sys/app#k");
    assert!(why.contains("no KV engine"), "{why}");

    assert_eq!(ask(&url, &root, "PUT", "sys/seal", None).0, 204);
    let sealed = put("vault:secret/app#k", &[("VAULT_ADDR", &url), ("VAULT_TOKEN", &root)], &value);
    assert!(matches!(sealed, Err(Trouble::Sealed(_))), "{sealed:?}");
    assert!(trouble(sealed).contains("unseal it"));

    drop(bao);
    let gone = put("vault:secret/app#k", &[("VAULT_ADDR", &url), ("VAULT_TOKEN", &root)], &value);
    let expected = matches!(gone, Err(Trouble::Unreachable { may_have_arrived: false, .. }));
    assert!(expected, "{gone:?}");
}

#[test]
fn mounts_of_several_steps_namespaces_and_own_issuers() {
    let root = random_value();
    let bao = servers::bao(&root, false);
    let url = bao.url();
    let engine = json!({ "type": "kv", "options": { "version": "2" } });
    assert_eq!(ask(&url, &root, "POST", "sys/mounts/team/kv", Some(engine.clone())).0, 204);
    assert_eq!(ask(&url, &root, "POST", "sys/namespaces/blue", Some(json!({}))).0, 200);
    assert_eq!(ask(&url, &root, "POST", "blue/sys/mounts/own", Some(engine)).0, 204);

    let place = Destination::parse("vault:team/kv/deep/app#k").unwrap();
    let access = access(&place, &[("VAULT_ADDR", &url), ("VAULT_TOKEN", &root)]);
    let keeper = place.open(&access);
    let value = random_value();
    assert!(keeper.put(&Secret::new(value.as_bytes())).unwrap().changed);
    let command = keeper.reference().command.unwrap();
    assert_eq!(command, "vault kv get -mount=team/kv -field=k deep/app");
    assert_eq!(ask(&url, &root, "GET", "team/kv/data/deep/app", None).0, 200);

    let blue = [("VAULT_ADDR", &*url), ("VAULT_TOKEN", &root), ("VAULT_NAMESPACE", "blue")];
    assert!(put("vault:own/app#k", &blue, &value).unwrap().changed);
    assert_eq!(ask(&url, &root, "GET", "blue/own/data/app", None).0, 200);

    let bao = servers::bao(&root, true);
    let url = format!("https://127.0.0.1:{}", bao.port);
    let variables = [("VAULT_ADDR", &*url), ("VAULT_TOKEN", &*root)];
    let why = trouble(put("vault:secret/app#k", &variables, &value));
    assert!(why.contains("issuer"), "{why}");
    let issuer = bao.dir.path().join("vault-ca.pem").display().to_string();
    let variables = [("VAULT_ADDR", &*url), ("VAULT_TOKEN", &*root), ("VAULT_CACERT", &*issuer)];
    assert!(put("vault:secret/app#k", &variables, &value).unwrap().changed);
    assert_eq!(holds("vault:secret/app#k", &variables, &value), Ok(Held::Yes));
}
