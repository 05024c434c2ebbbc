//! E-mail, to the user's own mail server: encrypted unless that is this
//! machine, in plain text and HTML, and with one identity for one letter, so
//! that a repeated one is recognised.

use std::time::Duration;

use lettre::{
    Message, SmtpTransport, Transport as _,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, TlsParameters},
    },
};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use super::{
    Receipt, Reference, Secrets, Undelivered,
    alert::Alert,
    escape::{inert, unlinked},
    page::{Fact, Page, Piece},
    request::{masked, resolve, text},
};

const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub(super) struct Mail {
    server: String,
    port: u16,
    tls: Tls,
    ca: Option<Reference>,
    from: Mailbox,
    to: Vec<Mailbox>,
    login: Option<(String, Reference)>,
}

/// How the way to the server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tls {
    /// From a word on, which must be taken.
    #[serde(rename = "starttls")]
    Begun,
    /// From the first byte.
    #[serde(rename = "tls")]
    Whole,
    /// Not at all, which is for this machine.
    None,
}

impl Mail {
    /// # Errors
    /// What could never be sent, in words.
    pub(super) fn new(
        (server, port): (String, Option<u16>),
        tls: Option<Tls>,
        ca: Option<Reference>,
        (from, to): (&str, &[String]),
        login: Option<(String, Reference)>,
    ) -> Result<Self, String> {
        let is_here = matches!(server.as_str(), "localhost" | "127.0.0.1" | "::1");
        let tls = tls.unwrap_or(if is_here { Tls::None } else { Tls::Begun });
        if tls == Tls::None && !is_here {
            return Err("mail goes out encrypted; `tls = \"none\"` is for this machine, such as \
                        `server = \"127.0.0.1\"`"
                .to_owned());
        }
        let port = port.unwrap_or(match tls {
            Tls::Begun => 587,
            Tls::Whole => 465,
            Tls::None => 25,
        });
        let mailbox = |text: &str| {
            text.parse::<Mailbox>()
                .map_err(|_| format!("`{}` is no address: write `soc@example.com`", inert(text)))
        };
        let to: Vec<Mailbox> = to.iter().map(|text| mailbox(text)).collect::<Result<_, _>>()?;
        if to.is_empty() {
            return Err("`to` names nobody".to_owned());
        }
        Ok(Self { server, port, tls, ca, from: mailbox(from)?, to, login })
    }

    pub(super) fn references(&self) -> Vec<&Reference> {
        self.login.iter().map(|(_, password)| password).chain(&self.ca).collect()
    }

    pub(super) fn deliver(
        &self,
        secrets: Secrets<'_>,
        alert: &Alert,
        page: &Page,
    ) -> Result<Receipt, Undelivered> {
        let message = self.message(alert, page)?;
        let transport = self.transport(secrets)?;
        match transport.send(&message) {
            Ok(_) => Ok(Receipt::new(format!("`{}` took the mail", self.server))),
            Err(error) => Err(self.trouble(&error)),
        }
    }

    /// What would be handed to the server: its headers, and both texts as they
    /// are before they are encoded for transport.
    pub(super) fn preview(&self, alert: &Alert, page: &Page) -> String {
        let tls = match self.tls {
            Tls::Begun => "STARTTLS",
            Tls::Whole => "TLS",
            Tls::None => "no encryption, on this machine",
        };
        let login = match &self.login {
            Some((user, password)) => format!(", as {user} with {}", masked(password)),
            None => String::new(),
        };
        let to: Vec<String> = self.to.iter().map(Mailbox::to_string).collect();
        format!(
            "SMTP {}:{} ({tls}{login})\nFrom: {}\nTo: {}\nSubject: {}\nMessage-ID: {}\n\
             References: {}\nAuto-Submitted: auto-generated\n\n--- plain text\n{}\n--- HTML\n{}\n",
            self.server,
            self.port,
            self.from,
            to.join(", "),
            page.title,
            self.message_id(&alert.delivery),
            self.message_id(&alert.incident.fingerprint),
            plain(page),
            rich(page).into_string(),
        )
    }

    fn message(&self, alert: &Alert, page: &Page) -> Result<Message, Undelivered> {
        let mut builder = Message::builder().from(self.from.clone());
        for to in &self.to {
            builder = builder.to(to.clone());
        }
        let thread = self.message_id(&alert.incident.fingerprint);
        let message = builder
            // The title is on one line: nothing in it can begin another header.
            .subject(&page.title)
            .message_id(Some(self.message_id(&alert.delivery)))
            .references(thread)
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(plain(page), rich(page).into_string()));
        message.map_err(|error| Undelivered::never(format!("no mail can be made of it: {error}")))
    }

    /// One for each thing that is named: a letter, or the thread of an incident.
    fn message_id(&self, name: &str) -> String {
        let name: String =
            name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
        format!("<{name}@{}>", self.from.email.domain())
    }

    fn transport(&self, secrets: Secrets<'_>) -> Result<SmtpTransport, Undelivered> {
        use lettre::transport::smtp::client::Tls as Mode;
        let bad = |error: lettre::transport::smtp::Error| {
            Undelivered::mend(format!("the encryption cannot be set up: {error}"))
        };
        let mut parameters = TlsParameters::builder(self.server.clone());
        if let Some(ca) = &self.ca {
            let pem = text(&resolve(ca, secrets)?, ca)?;
            let authority = Certificate::from_pem(pem.as_bytes())
                .map_err(|_| Undelivered::mend(format!("{ca} holds no certificate in PEM form")))?;
            parameters = parameters.add_root_certificate(authority);
        }
        let mode = match self.tls {
            Tls::Begun => Mode::Required(parameters.build_rustls().map_err(bad)?),
            Tls::Whole => Mode::Wrapper(parameters.build_rustls().map_err(bad)?),
            Tls::None => Mode::None,
        };
        let mut builder = SmtpTransport::builder_dangerous(&self.server)
            .port(self.port)
            .tls(mode)
            .timeout(Some(PATIENCE));
        if let Some((user, password)) = &self.login {
            let password = text(&resolve(password, secrets)?, password)?;
            builder = builder.credentials(Credentials::new(user.clone(), password.to_string()));
        }
        Ok(builder.build())
    }

    /// The server's words are not quoted: they may repeat what was sent.
    fn trouble(&self, error: &lettre::transport::smtp::Error) -> Undelivered {
        let server = &self.server;
        if let Some(code) = error.status().map(u16::from) {
            return match code {
                530 | 534 | 535 | 538 => Undelivered::mend(format!(
                    "`{server}` answered {code}: it does not accept `user` and `password`"
                )),
                400..500 => Undelivered::soon(format!("`{server}` answered {code}: not now")),
                552 => {
                    Undelivered::never(format!("`{server}` answered 552: the mail is too large"))
                }
                _ => Undelivered::mend(format!(
                    "`{server}` answered {code}: it does not take mail from `from` or for `to`"
                )),
            };
        }
        if error.is_tls() || is_handshake(error) {
            Undelivered::mend(format!(
                "no encrypted connection to `{server}`: its certificate must be for that name and \
                 from an issuer that the system or `ca` trusts"
            ))
        } else if error.is_timeout() {
            Undelivered::soon(format!("`{server}` did not answer within 30 seconds"))
        } else if error.is_client() {
            Undelivered::mend(format!(
                "`{server}` does not offer what is needed: check `tls`, `port` and `user`"
            ))
        } else {
            Undelivered::soon(format!(
                "no connection to `{server}` at port {}: check that it runs and is reachable",
                self.port
            ))
        }
    }
}

/// Whether it failed while encryption was agreed on: there, what the other side
/// sends is called invalid data, and a certificate is part of that.
fn is_handshake(error: &lettre::transport::smtp::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let error_of_system = error.downcast_ref::<std::io::Error>();
        if error_of_system.is_some_and(|error| error.kind() == std::io::ErrorKind::InvalidData) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn plain(page: &Page) -> String {
    let mut lines = vec![page.title.clone(), String::new()];
    match &page.own {
        Some(own) => lines.extend(own.iter().map(|line| plain_line(line))),
        None => {
            lines.push(plain_line(&page.lead));
            let parts = [&page.todo, &page.facts];
            let names = parts.into_iter().flatten().map(|(name, _)| name.len() + 1);
            let width = names.max().unwrap_or(0);
            for part in parts.into_iter().filter(|part| !part.is_empty()) {
                lines.push(String::new());
                lines.extend(part.iter().map(|(name, value)| {
                    format!("{:<width$} {}", format!("{name}:"), plain_line(value))
                }));
            }
        }
    }
    lines.join("\n")
}

fn plain_line(pieces: &[Piece]) -> String {
    let show = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Code(text) => unlinked(&inert(text)),
        Piece::Link { to, .. } => to.clone(),
        Piece::Raw(text) => text.clone(),
    };
    pieces.iter().map(show).collect()
}

fn rich(page: &Page) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (unlinked(&page.title)) } }
            body style="font-family:sans-serif;font-size:15px;line-height:1.45" {
                h1 style="font-size:18px" { (unlinked(&page.title)) }
                @if let Some(lines) = &page.own {
                    @for line in lines { p { (rich_line(line)) } }
                } @else {
                    p { (rich_line(&page.lead)) }
                    (rows(&page.todo))
                    (rows(&page.facts))
                }
            }
        }
    }
}

fn rows(facts: &[Fact]) -> Markup {
    html! {
        table style="border-collapse:collapse;margin-bottom:1em" {
            @for (name, value) in facts {
                tr {
                    th style="text-align:left;vertical-align:top;padding:2px 12px 2px 0" { (name) }
                    td { (rich_line(value)) }
                }
            }
        }
    }
}

fn rich_line(pieces: &[Piece]) -> Markup {
    html! {
        @for piece in pieces {
            @match piece {
                Piece::Text(text) => { (unlinked(&inert(text))) }
                Piece::Code(text) => { code { (unlinked(&inert(text))) } }
                Piece::Link { words, to } => { a href=(to) { (words) } }
                Piece::Raw(text) => { (text) }
            }
        }
    }
}
