//! Why a store hands something out no more: what concerns one object, what concerns
//! everything, and what was never opened. In words of our own: what a store answers
//! may quote a credential's name or a signed address.

use std::fmt;

use leeward_model::Reason;
use leeward_probe::BadNetwork;
use object_store::Error;

/// Why a store cannot be asked at all.
#[derive(Debug)]
pub struct Unopened(String);

impl Unopened {
    pub(super) fn network(bad: BadNetwork) -> Self {
        Self(bad.to_string())
    }

    pub(super) fn because(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unopened {}

/// What went wrong with a request, after it was repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The object is gone, or another one lies there now.
    Changed,
    /// This object is not handed out, and why.
    Withheld(String),
    /// The credential may not read this: what the store calls it, if it says so.
    Denied(Option<String>),
    /// The credential does not serve, so nothing is handed out any more.
    Credential(String),
    /// No answer, or one that makes no sense.
    Broken(String),
}

/// What stores say when it is the credential: its time is over, it does not exist, it
/// does not sign as it should.
const OF_CREDENTIALS: &[&str] = &[
    "AuthenticationFailed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidAuthenticationInfo",
    "InvalidToken",
    "NoAuthenticationInformation",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
];

impl Trouble {
    pub(super) fn of(error: &Error) -> Self {
        let text = error.to_string();
        let code = code(&text);
        let named = |what: &str| named(what, code);
        if let Some(code) = code.filter(|code| OF_CREDENTIALS.contains(code)) {
            return Self::Credential(format!(
                "the credential has expired or is refused ({code}): sign in again"
            ));
        }
        match (error, code) {
            (_, Some("InvalidObjectState" | "BlobArchived")) => {
                Self::Withheld(named("it is in an archive: restore it first, and scan it then"))
            }
            (_, Some("NoSuchBucket" | "ContainerNotFound")) => {
                Self::Broken(format!("{}; {NAME}", named("there is no such bucket")))
            }
            (_, Some("PermanentRedirect" | "AuthorizationHeaderMalformed")) => Self::Broken(named(
                "the bucket is in another region: set the region in the environment",
            )),
            (Error::NotFound { .. } | Error::Precondition { .. }, _) => Self::Changed,
            (Error::Unauthenticated { .. }, _) => {
                Self::Credential(named("the credential is refused: sign in again"))
            }
            (Error::PermissionDenied { .. }, _) => Self::Denied(code.map(str::to_owned)),
            _ if is_of_machine(&text) => Self::Credential(
                "there is no credential: set one in the environment, or scan a public bucket \
                 with `--anonymous`"
                    .to_owned(),
            ),
            // A listing that is refused comes as any other failure.
            _ if status(&text) == Some(401) => {
                Self::Credential(named("the credential is refused: sign in again"))
            }
            _ if status(&text) == Some(403) => Self::Denied(code.map(str::to_owned)),
            _ => Self::Broken(match status(&text) {
                Some(status) => named(&format!("the store answers with status {status}")),
                None => named(
                    KNOWN
                        .iter()
                        .find(|known| text.contains(**known))
                        .map_or("the store's answer makes no sense", |known| known),
                ),
            }),
        }
    }

    /// What the account says of an object.
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Changed => Reason::Changed,
            _ => Reason::Unreadable(self.why()),
        }
    }

    /// In words.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Changed => "it is gone".to_owned(),
            Self::Withheld(why) | Self::Credential(why) | Self::Broken(why) => why.clone(),
            Self::Denied(code) => named("the credential may not read it", code.as_deref()),
        }
    }

    /// The same for whoever asks without a credential: none is refused.
    pub(super) fn for_anybody(self) -> Self {
        let why = "it is not public; leave `--anonymous` out, and scan with a credential";
        match self {
            Self::Denied(_) => Self::Withheld(why.to_owned()),
            Self::Credential(_) => Self::Credential(why.to_owned()),
            other => other,
        }
    }

    /// Why a bucket is not listed, with what to do about it.
    pub(super) fn of_listing(&self) -> String {
        match self {
            Self::Changed => format!("there is no such bucket; {NAME}"),
            Self::Denied(code) => {
                let what = named("the credential may not list it", code.as_deref());
                format!("{what}: it takes the right to list and the right to get")
            }
            Self::Withheld(_) | Self::Credential(_) | Self::Broken(_) => self.of_all(),
        }
    }

    /// Why nothing is read any more, with what to do about it.
    pub(super) fn of_all(&self) -> String {
        let why = self.why();
        match why.as_str() {
            "no connection" | "no answer in time" => {
                format!("{why}; see that the store can be reached from here at its address")
            }
            _ => why,
        }
    }
}

/// Words of our own, with what a store calls it.
fn named(what: &str, code: Option<&str>) -> String {
    match code {
        Some(code) => format!("{what} ({code})"),
        None => what.to_owned(),
    }
}

/// What to do where there is no bucket of a name.
const NAME: &str = "look at its name, and at the endpoint if one is set";

/// Words of our own that an error may carry; see `connect`.
const KNOWN: &[&str] = &[
    "no answer in time",
    "no connection",
    "the answer broke off",
    "the request failed",
    "an endless answer",
    "an address inside the network that nobody named",
    "an address in the clear: the endpoint must begin with https://",
];

/// The code in a store's answer, if it is one word.
fn code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_word = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_word && !code.is_empty()).then_some(code)
}

fn status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

/// Whether it was the machine's own credential that was asked for.
fn is_of_machine(text: &str) -> bool {
    ["169.254.", "metadata.google.internal"].iter().any(|host| text.contains(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Trouble {
        Trouble::of(&Error::Generic { store: "S3", source: text.into() })
    }

    #[test]
    fn a_code_says_whom_it_concerns() {
        let expired = of("status code: 400 Bad Request: <Code>ExpiredToken</Code>");
        assert!(matches!(expired, Trouble::Credential(why) if why.contains("ExpiredToken")));
        let archived = of("status code: 403: <Code>InvalidObjectState</Code>");
        assert!(matches!(archived, Trouble::Withheld(why) if why.contains("restore")));
        let refused = of("status code: 403 Forbidden: <Code>AuthorizationFailure</Code>");
        assert!(refused.of_listing().contains("may not list it (AuthorizationFailure)"));
        let slow = of("status code: 503 Slow: <Code>SlowDown</Code>");
        assert_eq!(
            slow,
            Trouble::Broken("the store answers with status 503 (SlowDown)".to_owned())
        );
    }

    #[test]
    fn what_a_store_says_beyond_a_code_is_not_repeated() {
        let quoted = of("status code: 400: <Code>Odd\u{1b}[2J</Code><Key>AKIAEXAMPLE</Key>");
        assert_eq!(quoted, Trouble::Broken("the store answers with status 400".to_owned()));
    }
}
