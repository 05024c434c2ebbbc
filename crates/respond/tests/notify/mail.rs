//! E-mail, through a real SMTP server: `aiosmtpd`, in a virtual environment
//! below the target directory, started and ended by the test.
//!
//! Where Python or its packages cannot be had, these tests say so and do
//! nothing else.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use leeward_respond::notify::{Happening, Receipt, Undelivered};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::sample::{hostile, notice, secret, told};

/// Takes mail for anybody but `nobody@`, and writes it down. Given a user, it
/// wants a login; given a certificate, it wants STARTTLS before.
const SERVER: &str = r#"
import asyncio, json, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult

log, user, password, certificate, key = sys.argv[1:6]

class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 no such user"
        if address.startswith("later@"):
            return "451 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with open(log, "a") as file:
            seen = {"from": envelope.mail_from, "to": envelope.rcpt_tos,
                    "tls": session.ssl is not None, "text": envelope.content.decode()}
            file.write(json.dumps(seen) + "\n")
        return "250 OK"

def authenticate(server, session, envelope, mechanism, data):
    good = data.login.decode() == user and data.password.decode() == password
    return AuthResult(success=good, handled=good)

context = None
if certificate:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

def protocol():
    return SMTP(Handler(), authenticator=authenticate, auth_required=bool(user),
                auth_require_tls=bool(certificate), tls_context=context,
                require_starttls=bool(certificate))

async def main():
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"#;

/// The Python of an environment that has `aiosmtpd`, made once.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let make = || {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let environment = target.join("smtp-environment");
        let python = environment.join("bin").join("python");
        let ran = |command: &mut Command| command.status().is_ok_and(|status| status.success());
        let has_it =
            || ran(Command::new(&python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()));
        if !has_it() {
            let _ = fs::create_dir_all(target);
            let _ = ran(Command::new("python3").args(["-m", "venv"]).arg(&environment))
                && ran(Command::new(&python).args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "aiosmtpd==1.4.6",
                ]));
        }
        has_it().then_some(python)
    };
    let python = PYTHON.get_or_init(make).as_deref();
    if python.is_none() {
        println!("not run: `aiosmtpd` could not be installed");
    }
    python
}

struct Server {
    child: Child,
    port: u16,
    directory: tempfile::TempDir,
    ca: String,
}

impl Server {
    fn start(user: &str, password: &str, encrypted: bool) -> Option<Self> {
        let python = python()?;
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name).display().to_string();
        let mut ca = String::new();
        let (mut certificate, mut key) = (String::new(), String::new());
        if encrypted {
            let pair = KeyPair::generate().unwrap();
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            ca = params.self_signed(&pair).unwrap().pem();
            let issuer = Issuer::new(params, pair);
            let pair = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            (certificate, key) = (file("certificate"), file("key"));
            fs::write(&certificate, params.signed_by(&pair, &issuer).unwrap().pem()).unwrap();
            fs::write(&key, pair.serialize_pem()).unwrap();
        }
        fs::write(file("server.py"), SERVER).unwrap();
        let mut child = Command::new(python)
            .args([&file("server.py"), &file("log"), user, password, &certificate, &key])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Some(Self { child, port: line.trim().parse().unwrap(), directory, ca })
    }

    fn seen(&self) -> Vec<serde_json::Value> {
        let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fields(port: u16, more: &str) -> String {
    format!(
        "kind = \"mail\"\nserver = \"localhost\"\nport = {port}\n\
         from = \"Leeward <leeward@example.com>\"\n{more}"
    )
}

fn tell(port: u16, more: &str, values: &[(&str, &str)]) -> Result<Receipt, Undelivered> {
    told(&fields(port, more), values, &notice(Happening::Opened))
}

const TO: &str = "to = [\"soc@example.com\", \"cto@example.com\"]";

#[test]
fn a_mail_arrives_and_a_repeated_one_has_the_same_identity() {
    let Some(server) = Server::start("", "", false) else { return };
    tell(server.port, TO, &[]).unwrap();
    tell(server.port, TO, &[]).unwrap();
    let seen = server.seen();
    assert_eq!(seen[0]["from"], "leeward@example.com");
    assert_eq!(seen[0]["to"], serde_json::json!(["soc@example.com", "cto@example.com"]));
    let header = |index: usize, name: &str| {
        let text = seen[index]["text"].as_str().unwrap().to_owned();
        let line = text.lines().find(|line| line.starts_with(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).to_owned()
    };
    assert!(header(0, "Message-ID").starts_with("Message-ID: <lwa1-"));
    assert_eq!(header(0, "Message-ID"), header(1, "Message-ID"));
    assert_eq!(header(0, "Auto-Submitted"), "Auto-Submitted: auto-generated");
    let text = seen[0]["text"].as_str().unwrap();
    assert!(text.contains("multipart/alternative"), "{text}");
    assert!(text.contains("text/plain") && text.contains("text/html"), "{text}");
}

#[test]
fn foreign_text_begins_no_header_and_no_recipient() {
    let Some(server) = Server::start("", "", false) else { return };
    let text = "x\r\nBcc: thief@example.com\r\n\r\n.\r\nMAIL FROM:<a@b.c>\u{0}";
    told(&fields(server.port, TO), &[], &hostile(text)).unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["to"], serde_json::json!(["soc@example.com", "cto@example.com"]));
    let mail = seen[0]["text"].as_str().unwrap();
    // How lines end is the transport's.
    let mail = mail.replace("\r\n", "\n");
    let (headers, _) = mail.split_once("\n\n").unwrap();
    assert!(!headers.lines().any(|line| line.starts_with("Bcc:")), "{mail}");
    assert!(headers.contains("multipart/alternative"), "the head is whole: {headers}");
}

#[test]
fn what_a_server_refuses_is_told_in_words() {
    let password = secret();
    let Some(server) = Server::start("leeward", &password, false) else { return };
    let login = "user = \"leeward\"\npassword = { env = \"P\" }";
    let to = format!("{TO}\n{login}");
    tell(server.port, &to, &[("P", &password)]).unwrap();
    let wrong = secret();
    let undelivered = tell(server.port, &to, &[("P", &wrong)]).expect_err("wrong");
    assert!(undelivered.why.contains("does not accept `user`"), "{undelivered}");
    assert!(!undelivered.forever && undelivered.again_in.is_some());
    assert!(!format!("{undelivered:?}").contains(&wrong));
    let nobody = format!("to = [\"nobody@example.com\"]\n{login}");
    let undelivered = tell(server.port, &nobody, &[("P", &password)]).expect_err("nobody");
    assert!(undelivered.why.contains("answered 550"), "{undelivered}");
    let later = format!("to = [\"later@example.com\"]\n{login}");
    let undelivered = tell(server.port, &later, &[("P", &password)]).expect_err("later");
    assert!(undelivered.why.contains("answered 451") && undelivered.again_in.is_none());
    let port = server.port;
    drop(server);
    let undelivered = tell(port, TO, &[]).expect_err("down");
    assert!(undelivered.why.starts_with("no connection to `localhost`"), "{undelivered}");
    assert!(!undelivered.forever && undelivered.again_in.is_none());
}

#[test]
fn the_way_is_encrypted_and_the_certificate_is_checked() {
    let password = secret();
    let Some(server) = Server::start("leeward", &password, true) else { return };
    let more =
        format!("{TO}\ntls = \"starttls\"\nuser = \"leeward\"\npassword = {{ env = \"P\" }}\n");
    let values = [("P", password.as_str()), ("ca.pem", server.ca.as_str())];
    let undelivered = tell(server.port, &more, &values).expect_err("not trusted");
    assert!(undelivered.why.starts_with("no encrypted connection"), "{undelivered}");
    assert!(server.seen().is_empty());
    tell(server.port, &format!("{more}ca = {{ file = \"ca.pem\" }}"), &values).unwrap();
    assert_eq!(server.seen()[0]["tls"], true);
}

#[test]
fn a_server_without_encryption_is_told_nothing() {
    let Some(server) = Server::start("", "", false) else { return };
    let more = format!("{TO}\ntls = \"starttls\"");
    let undelivered = tell(server.port, &more, &[]).expect_err("it has no STARTTLS");
    assert!(undelivered.why.contains("does not offer what is needed"), "{undelivered}");
    assert!(server.seen().is_empty());
}
