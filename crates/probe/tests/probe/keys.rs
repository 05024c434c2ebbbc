//! What becomes of each kind of key when it is asked about: live, limited,
//! dead, another kind than it was taken for, or not asked about at all.

use leeward_counterpart::{
    Counterpart, Fault, Host, Key, Refusal, RetryAfter, World, random_value,
};
use leeward_model::{Standing, Validity};
use leeward_probe::Depth;

use crate::asking::{
    ADMIN, CODESTRAL, STANDARD, allowing, at, learn, lines, question, said, verify,
};

/// What is said of a key in a world of its own.
#[track_caller]
fn standing(make: impl Fn(&str) -> Key) -> (Validity, String) {
    let value = random_value();
    let server = Counterpart::start(World::new().key(make(&value)));
    let said = verify(&server, STANDARD, &value);
    assert_eq!(lines(&server), ["GET /v1/models"], "one request decides");
    server.assert_no_violations();
    said
}

#[test]
fn a_key_that_works_is_active() {
    let (validity, why) = standing(|value| Key::standard(value));
    assert_eq!(validity, Validity::Active);
    assert!(why.contains("answered 200: the key was accepted"), "{why}");
}

#[test]
fn a_dead_key_is_inactive_however_it_is_refused() {
    for refusal in [Refusal::Detail, Refusal::Message, Refusal::Empty] {
        assert_eq!(
            standing(|value| Key::revoked(value).refused_with(refusal)).0,
            Validity::Inactive
        );
    }
    assert_eq!(standing(|value| Key::expired(value)).0, Validity::Inactive);
}

#[test]
fn a_refusal_is_of_this_host_and_this_moment() {
    for make in [|value: &str| Key::codestral(value), |value: &str| Key::young(value, 9)] {
        let (validity, why) = standing(make);
        assert_eq!(validity, Validity::Inactive);
        for hint in ["on this host", "Codestral key", "minutes old"] {
            assert!(why.contains(hint), "{why}");
        }
    }
}

#[test]
fn a_key_that_may_not_is_real() {
    let (validity, why) = standing(|value| Key::no_quota(value));
    assert_eq!(validity, Validity::Restricted);
    assert!(why.contains("402") && why.contains("the key is real"), "{why}");
    let (validity, why) = standing(|value| Key::no_permission(value));
    assert_eq!(validity, Validity::Restricted);
    assert!(why.contains("403") && why.contains("limited by permission"), "{why}");
}

#[test]
fn what_is_inferred_of_a_key_that_works_is_not_of_one_that_may_not() {
    let value = random_value();
    let server = Counterpart::start(World::furnished().key(Key::no_permission(&value)));
    let learnt = learn(at(&server), Depth::Reach, question(STANDARD, &value));
    let assessment = learnt.assessment.unwrap();
    assert!(assessment.grants.is_empty(), "{:?}", assessment.grants);
    for action in &assessment.actions {
        assert!(action.standing <= Standing::Unknown, "{action:?}");
    }
}

#[test]
fn nothing_is_asked_about_what_lies_behind_a_dead_key() {
    let value = random_value();
    let server = Counterpart::start(World::furnished().key(Key::revoked(&value)));
    let learnt = learn(at(&server), Depth::Reach, question(STANDARD, &value));
    assert_eq!(learnt.verification.validity, Validity::Inactive);
    assert!(learnt.assessment.is_none());
    assert!(learnt.verification.why.contains("as Mistral AI Admin API key: inactive"));
    // Once as itself, and in both headers as the other kind.
    let admin = "GET /v1/admin/api-keys?limit=1";
    assert_eq!(lines(&server), ["GET /v1/models", admin, admin]);
}

#[test]
fn a_wait_within_our_patience_is_kept() {
    let value = random_value();
    let limit = Fault::RateLimit(RetryAfter::Seconds(1)).always().first(1);
    let server = Counterpart::setup(World::new().key(Key::standard(&value))).fault(limit).start();
    let mut settings = at(&server);
    settings.manners.when_limited = 3;
    let learnt = learn(settings, Depth::Validity, question(STANDARD, &value));
    assert_eq!(learnt.verification.validity, Validity::Active);
    assert_eq!(learnt.verification.evidence[0].attempts, 2);
    let times: Vec<_> = server.requests().iter().map(|request| request.at).collect();
    assert!(times[1] - times[0] >= std::time::Duration::from_secs(1), "{times:?}");
}

#[test]
fn a_wait_beyond_our_patience_leaves_the_key_unknown_at_once() {
    let (validity, why) = standing(|value| Key::limited(value, 3600));
    assert_eq!(validity, Validity::Unknown);
    assert!(why.contains("answered 429") && why.contains("asks to wait 3600 s"), "{why}");
}

#[test]
fn an_admin_key_in_a_standard_keys_place_is_recognised() {
    let value = random_value();
    let server = Counterpart::start(World::new().key(Key::admin(&value)));
    let learnt = learn(at(&server), Depth::Identity, question(STANDARD, &value));
    assert_eq!(learnt.dossier.as_str(), ADMIN);
    assert_eq!(learnt.verification.validity, Validity::Active);
    assert!(learnt.verification.why.ends_with("it is: Mistral AI Admin API key"));
    assert_eq!(lines(&server), ["GET /v1/models", "GET /v1/admin/api-keys?limit=1"]);
}

#[test]
fn a_standard_key_in_an_admin_keys_place_is_recognised() {
    let value = random_value();
    let server = Counterpart::start(World::new().key(Key::standard(&value)));
    let learnt = learn(at(&server), Depth::Identity, question(ADMIN, &value));
    assert_eq!(learnt.dossier.as_str(), STANDARD);
    assert_eq!(learnt.verification.validity, Validity::Active);
    let owner = |role: &str| {
        let identity = &learnt.assessment.as_ref().unwrap().identity;
        identity.iter().find(|it| it.role == role).map(|it| it.value.clone())
    };
    assert_eq!(owner("email").as_deref(), Some("ada@example.com"));
    server.assert_no_violations();
}

/// Which header each request for a path came with.
fn headers(server: &Counterpart, path: &str) -> Vec<&'static str> {
    let of_path = server.requests().into_iter().filter(|request| request.path == path);
    of_path
        .map(|request| match (request.has_x_api_key, request.has_bearer) {
            (true, false) => "x-api-key",
            (false, true) => "bearer",
            _ => "none or both",
        })
        .collect()
}

/// Makes a key one that is only taken in some header.
type Way = fn(Key) -> Key;

#[test]
fn the_owner_is_asked_for_in_the_documented_header_first() {
    let ways: [(Way, &[&str]); 2] =
        [(|key| key, &["x-api-key"]), (Key::without_header_x_api_key, &["x-api-key", "bearer"])];
    for (make, tried) in ways {
        let value = random_value();
        let server = Counterpart::start(World::new().key(make(Key::standard(&value))));
        let learnt = learn(at(&server), Depth::Identity, question(STANDARD, &value));
        let identity = learnt.assessment.unwrap().identity;
        assert!(identity.iter().any(|it| it.role == "key-id"), "{identity:?}");
        assert_eq!(headers(&server, "/v1/users/me"), tried);
        server.assert_no_violations();
    }
}

/// What a gateway that blocks the paths of administration makes of a key.
#[test]
fn half_an_acceptance_does_not_make_it_another_kind() {
    let blocked = || Fault::Status(403, "{}".to_owned()).on("/v1/admin/*");
    let value = random_value();
    let dead = Counterpart::setup(World::new()).fault(blocked()).start();
    let learnt = learn(at(&dead), Depth::Identity, question(STANDARD, &value));
    assert_eq!(learnt.dossier.as_str(), STANDARD);
    // Whether it is a live admin key is not known, so it is not called dead.
    assert_eq!(learnt.verification.validity, Validity::Unknown);
    // A live standard key under an administrator's name is found out.
    let world = World::new().key(Key::standard(&value));
    let live = Counterpart::setup(world).fault(blocked()).start();
    let learnt = learn(at(&live), Depth::Identity, question(ADMIN, &value));
    assert_eq!(learnt.dossier.as_str(), STANDARD);
    assert_eq!(learnt.verification.validity, Validity::Active);
}

#[test]
fn a_kind_that_got_no_answer_leaves_the_key_unknown() {
    let fault = Fault::Status(503, "{}".to_owned()).on("/v1/admin/*");
    let server = Counterpart::setup(World::new()).fault(fault).start();
    let learnt = learn(at(&server), Depth::Identity, question(STANDARD, &random_value()));
    assert_eq!(learnt.verification.validity, Validity::Unknown, "{}", learnt.verification.why);
}

#[test]
fn an_admin_key_is_asked_about_in_both_headers() {
    let ways: [(Way, &[&str]); 2] = [
        (Key::without_header_bearer, &["x-api-key"]),
        (Key::without_header_x_api_key, &["x-api-key", "bearer"]),
    ];
    for (make, tried) in ways {
        let value = random_value();
        let server = Counterpart::start(World::new().key(make(Key::admin(&value))));
        assert_eq!(verify(&server, ADMIN, &value).0, Validity::Active);
        assert_eq!(headers(&server, "/v1/admin/api-keys"), tried);
    }
}

/// A server that plays the host for code completion.
fn codestral(key: Key) -> Counterpart {
    let world = World::new().plays(Host::Codestral).key(key);
    Counterpart::setup(world).allow("POST", "/v1/fim/completions").start()
}

#[test]
fn a_codestral_key_is_not_asked_about_without_leave() {
    let value = random_value();
    let server = codestral(Key::codestral(&value));
    let unasked = |depth| {
        let (validity, why) = said(learn(at(&server), depth, question(CODESTRAL, &value)));
        assert_eq!(validity, Validity::Unchecked);
        assert!(why.contains("not asked without `--allow refused-completion`: an inf"), "{why}");
    };
    unasked(Depth::Validity);
    assert!(server.requests().is_empty());
    // Looked at closely, it may be a standard key under this name: that is free.
    for depth in [Depth::Identity, Depth::Reach] {
        unasked(depth);
        assert_eq!(lines(&server).last().unwrap(), "GET /v1/models");
    }
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_codestral_key_is_asked_about_with_leave() {
    for (make, validity) in [
        ((|value| Key::codestral(value)) as fn(&str) -> Key, Validity::Active),
        (|value| Key::standard(value), Validity::Inactive),
    ] {
        for leave in ["refused-completion", "mistral-codestral-key/refused-completion"] {
            let value = random_value();
            let server = codestral(make(&value));
            let settings = allowing(&server, &[leave]);
            let learnt = learn(settings, Depth::Validity, question(CODESTRAL, &value));
            assert_eq!(learnt.verification.validity, validity, "{}", learnt.verification.why);
            assert_eq!(lines(&server), ["POST /v1/fim/completions"]);
            server.assert_no_violations();
        }
    }
}
