//! AWS Secrets Manager as Moto plays it: a server of its own that keeps
//! versions and their stages, and checks signatures and policies by IAM, for
//! which it uses AWS's own library.

use leeward_probe::{Courier, Network, Parcel, Stop};
use serde_json::{Value, json};

use super::*;
use crate::{
    http::{Response, Server},
    servers,
};

fn send(parcel: Parcel) -> (u16, Vec<u8>) {
    let courier =
        Courier::new(&Network::default(), &["127.0.0.1".to_owned()], Stop::new()).unwrap();
    let answer = courier.send(parcel).unwrap();
    (answer.status, answer.body)
}

/// A request of the test's own, past the code that is tested.
fn ask(url: &str, action: &str, body: &Value) -> Value {
    let parcel = Parcel::new("POST", url)
        .unwrap()
        .header("x-amz-target", &format!("secretsmanager.{action}"))
        .unwrap()
        .header("authorization", SCOPE)
        .unwrap()
        .body(body.to_string());
    let (status, body) = send(parcel);
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

/// What Moto tells services and regions by, where it does not check.
const SCOPE: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/secretsmanager/\
                     aws4_request, SignedHeaders=host, Signature=0";

fn variables(url: &str) -> [(&'static str, &str); 4] {
    [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", url),
    ]
}

#[test]
fn a_version_becomes_current_and_the_one_before_stays() {
    let moto = servers::moto();
    let url = moto.url();
    let variables = variables(&url);
    let place = "aws:prod/app";
    let (old, new) = (random_value(), random_value());
    assert_eq!(holds(place, &variables, &old), Ok(Held::Absent));
    let made = put(place, &variables, &old).unwrap();
    assert!(made.changed && made.text.starts_with("made"), "{made:?}");
    assert!(made.facts["arn"].starts_with("arn:aws:secretsmanager:eu-west-1:"), "{made:?}");
    assert!(!put(place, &variables, &old).unwrap().changed);

    let written = put(place, &variables, &new).unwrap();
    assert!(written.changed);
    assert_eq!(written.facts["previous_version"], made.facts["version"]);
    assert_eq!(holds(place, &variables, &old), Ok(Held::No));
    assert_eq!(holds(place, &variables, &new), Ok(Held::Yes));
    let stage = |stage: &str| {
        ask(&url, "GetSecretValue", &json!({ "SecretId": "prod/app", "VersionStage": stage }))
    };
    assert_eq!(stage("AWSCURRENT")["SecretString"], *new);
    assert_eq!(stage("AWSPREVIOUS")["SecretString"], *old);
    // By its ARN, which names the region itself.
    let arn = format!("aws:{}", made.facts["arn"]);
    assert_eq!(holds(&arn, &variables, &new), Ok(Held::Yes));
    // Another region has other secrets.
    assert_eq!(holds("aws:us-east-2/prod/app", &variables, &new), Ok(Held::Absent));
}

#[test]
fn keys_beside_the_value_are_kept() {
    let moto = servers::moto();
    let url = moto.url();
    let variables = variables(&url);
    let text = r#"{"user": "me", "port": 5432.0, "api": "old"}"#;
    ask(&url, "CreateSecret", &json!({ "Name": "db", "SecretString": text }));
    let value = random_value();
    let receipt = put("aws:db#api", &variables, &value).unwrap();
    assert!(receipt.text.contains("2 other keys kept"), "{}", receipt.text);
    let now = ask(&url, "GetSecretValue", &json!({ "SecretId": "db" }));
    let expected = format!(r#"{{"user":"me","port":5432.0,"api":"{value}"}}"#);
    assert_eq!(now["SecretString"], expected);
    assert!(!put("aws:db#api", &variables, &value).unwrap().changed);
    assert_eq!(holds("aws:db#none", &variables, &value), Ok(Held::Absent));
    assert_eq!(holds("aws:db#api", &variables, &value), Ok(Held::Yes));

    let why = trouble(put("aws:db", &variables, &value));
    assert!(why.contains("3 keys, which would be lost"), "{why}");
    let made = put("aws:fresh#api", &variables, &value).unwrap();
    assert!(made.text.starts_with("made key `api`"), "{made:?}");
    let now = ask(&url, "GetSecretValue", &json!({ "SecretId": "fresh" }));
    assert_eq!(now["SecretString"], format!(r#"{{"api":"{value}"}}"#));

    ask(&url, "CreateSecret", &json!({ "Name": "plain", "SecretString": "x" }));
    let why = trouble(put("aws:plain#api", &variables, &value));
    assert!(why.contains("no JSON object"), "{why}");
    ask(&url, "CreateSecret", &json!({ "Name": "bytes", "SecretBinary": "AAEC" }));
    let why = trouble(put("aws:bytes", &variables, &value));
    assert!(why.contains("holds bytes"), "{why}");
    ask(&url, "DeleteSecret", &json!({ "SecretId": "db" }));
    let why = trouble(put("aws:db#api", &variables, &random_value()));
    assert!(why.contains("restore-secret --secret-id db"), "{why}");
    let why = trouble(put("aws:db#api", &[variables[0], variables[1], variables[3]], &value));
    assert!(why.contains("write `aws:REGION/db`"), "{why}");
}

/// A request to IAM, which Moto answers without looking who asks.
fn iam(url: &str, form: &str) -> String {
    let parcel = Parcel::new("POST", url)
        .unwrap()
        .header("content-type", "application/x-www-form-urlencoded")
        .unwrap()
        .header("authorization", &SCOPE.replace("secretsmanager", "iam"))
        .unwrap()
        .body(form);
    let (status, body) = send(parcel);
    let body = String::from_utf8(body).unwrap();
    assert_eq!(status, 200, "{body}");
    body
}

fn between<'a>(text: &'a str, tag: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("<{tag}>")).unwrap();
    rest.split_once("</").unwrap().0
}

#[test]
fn signatures_and_policies_are_checked() {
    let moto = servers::moto();
    let url = moto.url();
    iam(&url, "Action=CreateUser&UserName=ci&Version=2010-05-08");
    let key = iam(&url, "Action=CreateAccessKey&UserName=ci&Version=2010-05-08");
    let (id, secret) = (between(&key, "AccessKeyId"), between(&key, "SecretAccessKey"));
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue", "secretsmanager:CreateSecret", "secretsmanager:DescribeSecret"],
        "Resource": "*",
    }] });
    let policy: String = policy.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect();
    iam(
        &url,
        &format!(
            "Action=PutUserPolicy&UserName=ci&PolicyName=p&Version=2010-05-08&PolicyDocument={policy}"
        ),
    );
    // From here on everything is checked.
    let parcel = Parcel::new("POST", &format!("{url}/moto-api/reset-auth")).unwrap().body("0");
    assert_eq!(send(parcel).0, 200);

    let with = |id, secret| {
        [
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &url),
        ]
    };
    let value = random_value();
    assert!(put("aws:signed/app", &with(id, secret), &value).unwrap().changed);
    assert_eq!(holds("aws:signed/app", &with(id, secret), &value), Ok(Held::Yes));
    let why = trouble(put("aws:signed/app", &with(id, "wrong"), &value));
    assert!(why.contains("is not the secret of AWS_ACCESS_KEY_ID"), "{why}");
    let why = trouble(put("aws:signed/app", &with("AKIAAAAAAAAAAAAAAAAA", secret), &value));
    assert!(why.contains("does not know the access key"), "{why}");
    let why = trouble(put("aws:signed/app", &with(id, secret), &random_value()));
    assert!(why.contains("`secretsmanager:PutSecretValue` on `signed/app`"), "{why}");
}

#[test]
fn errors_are_told_by_their_name_and_not_quoted() {
    for (status, name, words, step) in [
        (400, "ExpiredTokenException", "", "sign in again"),
        (400, "com.amazonaws.secretsmanager#ThrottlingException", "", "in a minute"),
        (400, "InvalidSignatureException", "Signature expired: 2015", "clock"),
        (400, "DecryptionFailure", "", "KMS key"),
        (400, "LimitExceededException", "", "quota"),
        (500, "InternalServiceError", "", "try again later"),
        (403, "", "", "not what AWS Secrets Manager sends"),
    ] {
        let canary = random_value();
        let body = json!({ "__type": name, "message": format!("{words} {canary}") });
        let server = Server::start(move |request| {
            assert_eq!(request.header("x-amz-security-token"), "session");
            let signed = request.header("authorization");
            let headers = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;\
                           x-amz-target,";
            assert!(signed.contains(headers), "{signed}");
            Response::new(status, &body)
        });
        let mut variables = variables(&server.url).to_vec();
        variables.push(("AWS_SESSION_TOKEN", "session"));
        let why = trouble(put("aws:app", &variables, &random_value()));
        assert!(why.contains(step) && !why.contains(&canary), "{name}: {why}");
    }
}

#[test]
fn a_write_of_somebody_else_in_between_is_not_overlooked() {
    let server = Server::start(|request| {
        let answer = match request.header("x-amz-target").rsplit('.').next().unwrap() {
            "GetSecretValue" => json!({ "VersionId": "v1", "SecretString": r#"{"a":"1"}"# }),
            "PutSecretValue" => json!({ "VersionId": "v3", "ARN": "arn", "Name": "app" }),
            _ => {
                json!({ "VersionIdsToStages": { "v3": ["AWSCURRENT"], "v2": ["AWSPREVIOUS"], "v1": [] } })
            }
        };
        Response::new(200, answer)
    });
    let conflict = put("aws:app#k", &variables(&server.url), &random_value());
    assert!(matches!(conflict, Err(Trouble::Conflict(_))), "{conflict:?}");
    let why = trouble(conflict);
    assert!(why.contains("version v2") && why.contains("AWSPREVIOUS"), "{why}");
}
