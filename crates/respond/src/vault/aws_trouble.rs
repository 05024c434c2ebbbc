//! What AWS Secrets Manager refuses with: the name of an error, and words that
//! are read for what they tell and never shown.

use serde::Deserialize;

use super::{Trouble, line::Answer};

/// An answer that is not the one asked for.
pub(super) struct Refusal {
    status: u16,
    /// The error's name, such as `AccessDeniedException`.
    name: String,
    /// Whether the words say that the secret is on its way out.
    deleted: bool,
    /// Whether they say that the time is wrong.
    late: bool,
    action: String,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "__type")]
    name: Option<String>,
}

impl Refusal {
    pub(super) fn of(answer: &Answer, action: &str) -> Self {
        let name = answer.json::<Body>().and_then(|body| body.name);
        let name = name.or_else(|| answer.header("x-amzn-errortype").map(str::to_owned));
        let name = name.or_else(|| code(&answer.body));
        // With the shape's name before it, or a link after it.
        let name = name.unwrap_or_default();
        let name = name.rsplit('#').next().unwrap_or_default();
        let name = name.split(':').next().unwrap_or_default().to_owned();
        Self {
            status: answer.status,
            name,
            deleted: answer.says("marked for deletion")
                || answer.says("marked deleted")
                || answer.says("scheduled for deletion"),
            late: answer.says("Signature expired") || answer.says("Signature not yet current"),
            action: action.to_owned(),
        }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    /// In words, with the next step.
    pub(super) fn trouble(&self, secret: &str) -> Trouble {
        let action = &self.action;
        match self.name.as_str() {
            "UnrecognizedClientException" | "InvalidClientTokenId" => Trouble::Denied(
                "AWS does not know the access key: it was deleted or belongs elsewhere; check \
                 AWS_ACCESS_KEY_ID, and AWS_SESSION_TOKEN if the key is of a session"
                    .to_owned(),
            ),
            "ExpiredTokenException" | "ExpiredToken" | "RequestExpired" => Trouble::Denied(
                "the session of the access key has expired: sign in again, and set the three \
                 variables anew (`aws configure export-credentials --format env`)"
                    .to_owned(),
            ),
            "InvalidSignatureException" | "SignatureDoesNotMatch" if self.late => Trouble::Denied(
                "AWS does not take the signature's time: set this machine's clock".to_owned(),
            ),
            "InvalidSignatureException" | "SignatureDoesNotMatch" => Trouble::Denied(
                "AWS does not take the signature: AWS_SECRET_ACCESS_KEY is not the secret of \
                 AWS_ACCESS_KEY_ID, or the region is not the address's"
                    .to_owned(),
            ),
            "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "IncompleteSignature"
            | "IncompleteSignatureException" => Trouble::Denied(
                "AWS saw no whole signature: something between changes requests; check the address \
                 and the proxy"
                    .to_owned(),
            ),
            "AccessDeniedException" | "AccessDenied" => Trouble::Denied(format!(
                "the access key may not do this: its policy must allow \
                 `secretsmanager:{action}` on `{secret}`, and the KMS key that encrypts it"
            )),
            "DecryptionFailure" | "EncryptionFailure" => Trouble::Denied(format!(
                "the KMS key that encrypts `{secret}` cannot be used: check that it is enabled, \
                 and that its policy lets this access key use it"
            )),
            "InvalidRequestException" if self.deleted => Trouble::Refused(format!(
                "the secret `{secret}` is scheduled for deletion: restore it \
                 (`aws secretsmanager restore-secret --secret-id {}`), or name another",
                super::shell(secret)
            )),
            "ResourceNotFoundException" => Trouble::Absent(format!(
                "there is no secret `{secret}` in this region: check name and region"
            )),
            "ResourceExistsException" => Trouble::Conflict(format!(
                "somebody else made `{secret}` just now: run the step again"
            )),
            "LimitExceededException" => Trouble::Refused(format!(
                "a quota of AWS Secrets Manager is used up: remove secrets, or have it raised, \
                 then put `{secret}` in again"
            )),
            "ThrottlingException" | "Throttling" | "TooManyRequestsException" => {
                Trouble::Limited("AWS's limit is met: run the step again in a minute".to_owned())
            }
            "PublicPolicyException" | "PreconditionNotMetException" | "InvalidRequestException"
            | "InvalidParameterException" | "ValidationException" => Trouble::Refused(format!(
                "AWS refused {action} of `{secret}` ({}): check its name, and whether another \
                 service owns it",
                self.name
            )),
            _ if self.status >= 500 => Trouble::Unreachable {
                why: format!("AWS answered {}: try again later", self.status),
                may_have_arrived: action != "GetSecretValue",
            },
            _ => not_understood(),
        }
    }
}

/// The name in an error of XML, in which what stands before the service
/// answers.
fn code(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    code.bytes().all(|b| b.is_ascii_alphanumeric()).then(|| code.to_owned())
}

pub(super) fn not_understood() -> Trouble {
    Trouble::NotUnderstood(
        "the answer is not what AWS Secrets Manager sends: check the region and \
         AWS_ENDPOINT_URL_SECRETS_MANAGER, a proxy or sign-in page may stand between"
            .to_owned(),
    )
}
