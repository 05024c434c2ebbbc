//! Why no answer came, or none that can be believed. Each is one line with
//! the next step, and none says anything of the secret: a question without an
//! answer leaves it unknown.

use std::{error::Error, fmt, io, net::IpAddr, time::Duration};

use rustls::CertificateError;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The name leads nowhere.
    Name { host: String },
    /// The name leads to an address that is not public.
    Inside { host: String, address: IpAddr },
    /// Nothing took the connection, with the system's words.
    Connect { host: String, why: String },
    /// The certificate is not good.
    Certificate { host: String, fault: Fault },
    /// The encrypted connection failed for another reason.
    Encryption { host: String },
    /// The proxy wants to know who asks.
    ProxyPassword,
    /// The proxy did not let the request through.
    Proxy,
    /// No answer, or not all of it, in time.
    Slow { host: String, after: Duration },
    /// The connection ended within the answer.
    Cut { host: String },
    /// More bytes than any answer has.
    Endless { limit: usize },
    /// A page for people.
    Page,
    /// Sent elsewhere.
    Redirect { to: Option<String> },
    /// Not the JSON that was asked for.
    NotJson,
    /// JSON, but not what this question is answered with.
    OtherJson,
    /// A status that has a meaning, in words that are not the API's.
    OtherSpeaker { status: u16 },
    /// Compressed, which was not asked for.
    Compressed,
    /// Asked to wait longer than we are willing to.
    Wait { status: u16, seconds: u64 },
    /// Stopped before an answer came.
    Stopped,
    /// The provider answered none of many questions before.
    Lost,
    /// The value cannot stand in a header.
    Unsendable,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Expired,
    NotYetValid,
    OtherName,
    UnknownIssuer,
    Other,
}

impl Trouble {
    /// Whether the same question may be answered a little later.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::Slow { .. } | Self::Cut { .. })
    }

    /// Whether the request may have had its effect though no answer came.
    pub(crate) fn may_have_arrived(&self) -> bool {
        match self {
            Self::Slow { .. }
            | Self::Cut { .. }
            | Self::Endless { .. }
            | Self::Compressed
            | Self::NotJson
            | Self::OtherJson
            | Self::Stopped => true,
            Self::Name { .. }
            | Self::Inside { .. }
            | Self::Connect { .. }
            | Self::Certificate { .. }
            | Self::Encryption { .. }
            | Self::ProxyPassword
            | Self::Proxy
            | Self::Page
            | Self::Redirect { .. }
            | Self::OtherSpeaker { .. }
            | Self::Wait { .. }
            | Self::Lost
            | Self::Unsendable => false,
        }
    }

    /// From what the HTTP client says, for a request to `host`.
    pub(crate) fn of(error: &reqwest::Error, host: &str, waited: Duration) -> Self {
        let host = host.to_owned();
        let is_connect = error.is_connect();
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(trouble) = error.downcast_ref::<Self>() {
                return trouble.clone();
            }
            if let Some(error) = error.downcast_ref::<rustls::Error>() {
                return Self::of_encryption(error, host);
            }
            if let Some(error) = error.downcast_ref::<io::Error>()
                && let Some(trouble) = Self::of_io(error, &host, is_connect)
            {
                return trouble;
            }
            // The client has no public types for what a proxy answers.
            let text = error.to_string();
            if text.contains("proxy authorization required") {
                return Self::ProxyPassword;
            }
            if text.contains("tunnel error") || text.contains("SOCKS error") {
                return Self::Proxy;
            }
            cause = error.source();
        }
        if error.is_timeout() {
            Self::Slow { host, after: waited }
        } else if error.is_connect() {
            Self::Connect { host, why: "the connection was not taken".to_owned() }
        } else {
            Self::Cut { host }
        }
    }

    /// `is_connect` says that no connection was there yet: one that is lost
    /// later may have carried the request.
    fn of_io(error: &io::Error, host: &str, is_connect: bool) -> Option<Self> {
        let inner = error.get_ref();
        if let Some(trouble) = inner.and_then(|inner| inner.downcast_ref::<Self>()) {
            return Some(trouble.clone());
        }
        if let Some(inner) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Some(Self::of_encryption(inner, host.to_owned()));
        }
        // One inside of another, which `source` would step over.
        let nested = inner.and_then(|inner| inner.downcast_ref::<io::Error>());
        if let Some(trouble) = nested.and_then(|inner| Self::of_io(inner, host, is_connect)) {
            return Some(trouble);
        }
        let host = host.to_owned();
        match error.kind() {
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::AddrNotAvailable
                if is_connect =>
            {
                Some(Self::Connect { host, why: error.kind().to_string() })
            }
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Some(Self::Cut { host }),
            _ => None,
        }
    }

    fn of_encryption(error: &rustls::Error, host: String) -> Self {
        let rustls::Error::InvalidCertificate(error) = error else {
            return Self::Encryption { host };
        };
        let fault = match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Fault::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Fault::NotYetValid
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Fault::OtherName
            }
            CertificateError::UnknownIssuer => Fault::UnknownIssuer,
            _ => Fault::Other,
        };
        Self::Certificate { host, fault }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { host } => write!(
                f,
                "the name `{host}` leads nowhere: check the network, or name a proxy in HTTPS_PROXY"
            ),
            Self::Inside { host, address } => write!(
                f,
                "`{host}` leads to {address}, which is not a public address, so nothing was sent: \
                 if that is your own gateway, name it with `--base-url`"
            ),
            Self::Connect { host, why } => write!(
                f,
                "no connection to `{host}` ({why}): check the network, the firewall and the proxy"
            ),
            Self::Certificate { host, fault } => {
                let fault = match fault {
                    Fault::Expired => "has expired: check this machine's clock, then who answers",
                    Fault::NotYetValid => "is not valid yet: check this machine's clock",
                    Fault::OtherName => {
                        "is for another name: somebody else answers in its place, so nothing was \
                         sent"
                    }
                    Fault::UnknownIssuer => {
                        "comes from an issuer that this machine does not know: if that is your \
                         company's proxy, name its certificate with `--ca FILE`"
                    }
                    Fault::Other => "is not acceptable, so nothing was sent",
                };
                write!(f, "the certificate of `{host}` {fault}")
            }
            Self::Encryption { host } => write!(
                f,
                "no encrypted connection to `{host}`: something between speaks no TLS; check the \
                 proxy"
            ),
            Self::ProxyPassword => f.write_str(
                "the proxy demands a password, or refuses the one given: put it into HTTPS_PROXY as \
                 `http://user:password@host:port`",
            ),
            Self::Proxy => f.write_str(
                "the proxy did not let the request through: ask whoever runs it to allow the hosts \
                 of `leeward probe hosts`",
            ),
            Self::Slow { host, after } => {
                write!(
                    f,
                    "`{host}` did not answer within {} s: try again later",
                    after.as_secs_f32()
                )
            }
            Self::Cut { host } => {
                write!(f, "`{host}` ended the connection within its answer: try again later")
            }
            Self::Endless { limit } => write!(
                f,
                "the answer has more than {} MB, which no answer to this question has",
                limit >> 20
            ),
            Self::Page => f.write_str(
                "a page for people answered and not the API: a sign-in page of the network, a \
                 firewall or a proxy stands between",
            ),
            Self::Redirect { to: Some(to) } => write!(
                f,
                "the answer sends elsewhere, to `{to}`, and a secret does not follow: check who \
                 answers"
            ),
            Self::Redirect { to: None } => {
                f.write_str("the answer sends elsewhere, and a secret does not follow")
            }
            Self::NotJson => f.write_str("the answer is not the JSON that the API sends"),
            Self::OtherJson => {
                f.write_str("the answer is JSON, but not what the API answers this question with")
            }
            Self::OtherSpeaker { status } => write!(
                f,
                "something answered {status} in words that are not the API's: a firewall, a proxy or \
                 a sign-in page of the network stands between"
            ),
            Self::Compressed => {
                f.write_str("the answer is compressed, which was not asked for, and was not read")
            }
            Self::Wait { seconds, .. } => write!(
                f,
                "a limit was met, and the provider asks to wait {seconds} s: ask again then"
            ),
            Self::Stopped => f.write_str("stopped before an answer came, by an interrupt or because the time of `--ask-within` \
                 was up: run it again"),
            Self::Lost => f.write_str(
                "not asked: the provider answered none of the questions before; check the network, \
                 and run it again",
            ),
            Self::Unsendable => f.write_str(
                "the value has characters that no header can carry, so nothing was sent",
            ),
        }
    }
}

impl Error for Trouble {}
