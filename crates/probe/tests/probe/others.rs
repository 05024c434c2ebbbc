//! Other providers, in data only: what the dossiers of two more say, and one
//! of a user's own. The counterpart does not know their paths, so answers are
//! put in by faults and its contract is not looked at.

use std::sync::Arc;

use leeward_counterpart::{Counterpart, Fault, World, random_value};
use leeward_dossier::{Dossier, Library};
use leeward_model::{Companion, Count, Standing, Validity};
use leeward_probe::{Depth, Learnt, Question};

use crate::{
    asking::{grant, learn, learn_from, lines, question, said, to},
    canned::Canned,
};

const OPENAI: &str = "openai-api-key";
const AWS: &str = "aws-access-key";

/// Refused where admin keys are at home, and answered so as another.
fn openai(status: u16, body: &str) -> (Validity, String) {
    let server = Counterpart::setup(World::new())
        .fault(Fault::Status(401, "{}".to_owned()).on("/v1/organization/admin_api_keys"))
        .fault(Fault::Status(status, body.to_owned()).on("/v1/models"))
        .start();
    let asked = question(OPENAI, &random_value());
    said(learn(to("openai", &server.url()), Depth::Validity, asked))
}

#[test]
fn a_second_providers_answers_are_told_apart_by_what_they_say() {
    let error = |code: &str| format!(r#"{{"error":{{"message":"no","code":"{code}"}}}}"#);
    for (status, body, validity) in [
        (200, r#"{"object":"list","data":[]}"#.to_owned(), Validity::Active),
        (401, error("invalid_api_key"), Validity::Inactive),
        (401, error("INVALID_API_KEY"), Validity::Inactive),
        (401, error("something_new"), Validity::Unknown),
        (403, error("missing"), Validity::Restricted),
        (403, error("unsupported_country_region_territory"), Validity::Unknown),
        (403, "{}".to_owned(), Validity::Unknown),
        (429, error("insufficient_quota"), Validity::Restricted),
        (429, error("rate_limit_exceeded"), Validity::Unknown),
    ] {
        let (found, why) = openai(status, &body);
        assert_eq!(found, validity, "{status} {body}: {why}");
    }
}

#[test]
fn a_limit_that_decides_is_not_met_twice() {
    let spent = r#"{"error":{"code":"insufficient_quota"}}"#;
    let server =
        Counterpart::setup(World::new()).fault(Fault::Status(429, spent.to_owned())).start();
    let mut settings = to("openai", &server.url());
    settings.manners.when_limited = 4;
    let learnt = learn(settings, Depth::Validity, question(OPENAI, &random_value()));
    assert_eq!(learnt.verification.validity, Validity::Restricted);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn what_lies_behind_a_second_providers_key_is_counted() {
    let files = r#"{"has_more":false,"last_id":null,"data":[
        {"id":"f1","filename":"train.jsonl","bytes":500,"purpose":"fine-tune","created_at":1700000000},
        {"id":"f2","filename":"batch.jsonl","bytes":20,"purpose":"batch","created_at":1700000060}]}"#;
    let models = r#"{"data":[{"id":"gpt","owned_by":"system"},
        {"id":"ft:gpt:ours","owned_by":"ours","created":1700000000}]}"#;
    let me = r#"{"id":"user-1","name":"Ada","email":"ada@example.com",
        "orgs":{"data":[{"id":"org-1","title":"One"},{"id":"org-2","title":"Two"}]}}"#;
    let server = Counterpart::setup(World::new())
        .fault(Fault::Status(200, models.to_owned()).on("/v1/models"))
        .fault(Fault::Status(200, me.to_owned()).on("/v1/me"))
        .fault(Fault::Status(200, files.to_owned()).on("/v1/files"))
        .fault(Fault::Status(403, r#"{"error":{}}"#.to_owned()).on("/v1/organization/*"))
        .start();
    let asked = question(OPENAI, &random_value());
    let learnt = learn(to("openai", &server.url()), Depth::Reach, asked);
    assert_eq!(learnt.verification.validity, Validity::Active, "{}", learnt.verification.why);
    let assessment = learnt.assessment.unwrap();
    let files = grant(&assessment, "files");
    assert_eq!((files.count, files.bytes), (Count::Exactly(2), Some(520)));
    assert_eq!(files.span, Some((1_700_000_000, 1_700_000_060)));
    assert_eq!(grant(&assessment, "own-models").names, ["ft:gpt:ours"]);
    let organizations: Vec<&str> = assessment
        .identity
        .iter()
        .filter(|it| it.role == "organization")
        .map(|it| it.value.as_str())
        .collect();
    assert_eq!(organizations, ["One", "Two"]);
    let standing = |id: &str| assessment.actions.iter().find(|it| it.id == id).unwrap().standing;
    assert_eq!(standing("extract-data"), Standing::Proven);
    assert_eq!(standing("manage-keys"), Standing::Refused);
    // What was answered with no route is not known, and not a no.
    assert!(assessment.gaps.iter().any(|gap| gap.probe == "vector-stores"));
}

/// A made-up pair of keys, whose id begins like this.
fn pair(begins: &str) -> (Question, String) {
    let secret = format!("{}{}", random_value(), &random_value()[..8]);
    let id = format!("{begins}{}", random_value()[..16].to_uppercase());
    let companions = vec![Companion { role: "access-key-id".to_owned(), value: id }];
    (Question { companions, ..question(AWS, &secret) }, secret)
}

/// What is learnt of a made-up pair from one answer, and what was sent.
fn aws(depth: Depth, status: u16, body: &str) -> (Learnt, String, Vec<String>) {
    let server = Canned::start(status, "x-amzn-requestid: 0-0-0\r\n", body);
    let (asked, secret) = pair("AKIA");
    let learnt = learn(to("aws", &server.url()), depth, asked);
    (learnt, secret, server.seen())
}

const CALLER: &str = r#"{"GetCallerIdentityResponse":{"GetCallerIdentityResult":
    {"Account":"123456789012","Arn":"arn:aws:iam::123456789012:user/ci","UserId":"AIDAEXAMPLE"}}}"#;

#[test]
fn a_secret_that_signs_is_not_sent() {
    let (learnt, secret, seen) = aws(Depth::Validity, 200, CALLER);
    assert_eq!(learnt.verification.validity, Validity::Active);
    assert_eq!(learnt.verification.evidence[0].correlation.as_deref(), Some("0-0-0"));
    let [request] = &seen[..] else { panic!("{seen:?}") };
    assert!(!request.contains(&secret));
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST / HTTP/1.1\r\n"), "{head}");
    assert_eq!(body, "Action=GetCallerIdentity&Version=2011-06-15");
    assert!(head.contains("\r\nx-amz-date: 20"), "{head}");
    assert!(head.contains("\r\nauthorization: AWS4-HMAC-SHA256 Credential=AKIA"), "{head}");
    assert!(head.contains("/us-east-1/sts/aws4_request, SignedHeaders=host;x-amz-date"), "{head}");
    assert_eq!(head.matches("\r\naccept: ").count(), 1, "{head}");
}

#[test]
fn a_pair_names_its_identity() {
    let (learnt, ..) = aws(Depth::Identity, 200, CALLER);
    let said: Vec<(String, String)> =
        learnt.assessment.unwrap().identity.into_iter().map(|it| (it.role, it.value)).collect();
    let expected = [
        ("account", "123456789012"),
        ("owner", "arn:aws:iam::123456789012:user/ci"),
        ("user-id", "AIDAEXAMPLE"),
    ];
    assert_eq!(said, expected.map(|(role, value)| (role.to_owned(), value.to_owned())));
}

#[test]
fn a_pair_that_is_refused_is_told_apart_by_the_error() {
    for (status, code, validity) in [
        (403, "InvalidClientTokenId", Validity::Inactive),
        (403, "SignatureDoesNotMatch", Validity::Inactive),
        (400, "OptInRequired", Validity::Restricted),
        (400, "MalformedQueryString", Validity::Unknown),
    ] {
        let body = format!(r#"{{"Error":{{"Code":"{code}","Type":"Sender"}}}}"#);
        let (validity_found, why) = said(aws(Depth::Validity, status, &body).0);
        assert_eq!(validity_found, validity, "{code}: {why}");
    }
    // The service says so under the code of a wrong signature.
    let clock = r#"{"Error":{"Code":"SignatureDoesNotMatch","Message":"Signature expired: 2"}}"#;
    assert_eq!(aws(Depth::Validity, 403, clock).0.verification.validity, Validity::Unknown);
}

#[test]
fn half_a_pair_is_not_asked_about() {
    let server = Canned::start(200, "", CALLER);
    let asked = question(AWS, &random_value());
    let (validity, why) = said(learn(to("aws", &server.url()), Depth::Reach, asked));
    assert_eq!(validity, Validity::Unchecked);
    assert_eq!(why, "not asked: it takes the access-key-id that belongs to the value");
    assert!(server.seen().is_empty());
}

#[test]
fn a_temporary_pair_is_not_asked_about() {
    let server = Canned::start(200, "", CALLER);
    let (validity, why) = said(learn(to("aws", &server.url()), Depth::Reach, pair("ASIA").0));
    assert_eq!(validity, Validity::Unchecked);
    assert_eq!(why, "not asked: only where the access-key-id begins with AKIA");
    assert!(server.seen().is_empty());
}

/// The id of [`own`].
pub(crate) const OURS: &str = "acme-token";

/// A dossier that a security team wrote, whose one question goes to a host.
pub(crate) fn own(host: &str) -> Dossier {
    let steps = [
        "revoke",
        "audit",
        "assess",
        "rotate",
        "update-dependents",
        "harden",
        "secrets-manager",
        "prevent",
    ];
    let steps: String = steps
        .iter()
        .map(|step| {
            format!(
                "[[remediation]]\nstep = \"{step}\"\ntitle = \"do it\"\ntext = \"in the console\"\n\
                 automated = \"partly\"\n"
            )
        })
        .collect();
    let text = OWN.replace("HOST", host) + &steps;
    Dossier::parse(OURS, "acme/token.toml", &text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

const OWN: &str = r#"
schema = 1
name = "Acme token"
provider = "Acme"
family = "acme"
summary = "Opens Acme's gateway."

[detect]
anchors = ["acme_token"]
entropy_bits = 160
[detect.shape.token]
alphabet = "alphanumeric"
length = 32
[detect.evidence]
words = ["acme"]

[severity]
base = "medium"
why = "It reads builds."

[[permissions]]
id = "read-builds"
title = "Read builds"
attacker = "Reads the logs of all builds."

[verify]
hosts = ["HOST"]
correlation = ["x-acme-id"]

[[verify.requests]]
id = "status"
url = "https://HOST/v1/status"
header = "X-Acme-Token: {secret}"
headers = ["X-Acme-Version: 2"]
why = "says whether the token is good"
expect = ["/status"]

[[verify.answers]]
status = [200]
means = "active"
why = "the token was accepted"

[[verify.answers]]
status = [401]
says = "expired"
means = "inactive"
why = "its time is over"

[[assess.requests]]
id = "builds"
url = "https://HOST/v1/builds"
header = "X-Acme-Token: {secret}"
why = "counts builds"
expect = ["/builds"]
pages = { parameter = "from", by = "offset", size = 2 }

[[assess.requests.finds]]
id = "builds"
permission = "read-builds"
verb = "read"
one = "build"
many = "builds"
list = "/builds"
total = "/total"
raises = "it reads builds"

[[examples]]
name = "one"
text = "ACME_TOKEN={secret}"
found = true

[[examples]]
name = "none"
text = "ACME_TOKEN=changeme"
found = false

"#;

fn with_own() -> Arc<Library> {
    let mut library = Library::builtin();
    library.add(own("acme.example.com"));
    Arc::new(library)
}

#[test]
fn a_dossier_of_ones_own_asks_what_it_says() {
    let value = random_value();
    let server = Canned::start(200, "x-acme-id: 7\r\n", r#"{"status":"ok"}"#);
    let settings = to("acme", &server.url());
    let learnt = learn_from(with_own(), settings, Depth::Validity, question(OURS, &value));
    assert_eq!(learnt.verification.validity, Validity::Active);
    assert_eq!(learnt.verification.evidence[0].correlation.as_deref(), Some("7"));
    let request = &server.seen()[0];
    assert!(request.starts_with("GET /v1/status HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("\r\nx-acme-token: {value}\r\n")), "{request}");
    assert!(request.contains("\r\nx-acme-version: 2\r\n"), "{request}");
}

#[test]
fn a_dossier_of_ones_own_says_what_answers_mean() {
    for (body, validity) in
        [(r#"{"why":"Expired"}"#, Validity::Inactive), ("{}", Validity::Unknown)]
    {
        let server = Canned::start(401, "", body);
        let settings = to("acme", &server.url());
        let asked = question(OURS, &random_value());
        let (found, why) = said(learn_from(with_own(), settings, Depth::Validity, asked));
        assert_eq!(found, validity, "{why}");
    }
}

#[test]
fn a_list_that_leads_in_a_circle_ends() {
    let page = r#"{"status":"ok","total":9,"builds":[1,2]}"#;
    let server =
        Counterpart::setup(World::new()).fault(Fault::Status(200, page.to_owned())).start();
    let settings = to("acme", &server.url());
    let asked = question(OURS, &random_value());
    let learnt = learn_from(with_own(), settings, Depth::Reach, asked);
    let assessment = learnt.assessment.unwrap();
    let builds = grant(&assessment, "builds");
    assert_eq!((builds.count, builds.listed), (Count::Exactly(10), 10));
    let froms: Vec<String> = lines(&server).into_iter().skip(1).collect();
    assert_eq!(froms.len(), 5, "{froms:?}");
    assert_eq!(froms[4], "GET /v1/builds?from=8");
}
