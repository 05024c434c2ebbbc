//! What a vault's statuses mean, with the next step. The words of its answers
//! are looked at to tell one case from another, and never shown.

use super::{Trouble, line::Answer};

/// What a 404 means that names no secret.
pub(super) fn absent(answer: &Answer, path: &str) -> Trouble {
    Trouble::Absent(if answer.says("namespace") {
        "the vault has no such namespace: check VAULT_NAMESPACE".to_owned()
    } else if answer.says("no handler") {
        format!(
            "the vault has no mount for `{path}`: `vault secrets list` shows those it has; \
             `vault secrets enable -version=2 -path=MOUNT kv` makes one"
        )
    } else {
        "whatever answers at VAULT_ADDR is no vault: check the address".to_owned()
    })
}

/// What any other status means.
pub(super) fn refused(answer: &Answer) -> Trouble {
    let status = answer.status;
    match status {
        503 if answer.says("sealed") => Trouble::Sealed(
            "the vault is sealed: unseal it (`vault operator unseal`), then run the step again"
                .to_owned(),
        ),
        503 if answer.says("not initialized") || answer.says("not yet initialized") => {
            Trouble::Sealed(
                "the vault is not set up yet: initialise and unseal it, then run the step again"
                    .to_owned(),
            )
        }
        501 => Trouble::Sealed(
            "the vault is not set up yet: initialise and unseal it, then run the step again"
                .to_owned(),
        ),
        503 | 502 | 500 => Trouble::Unreachable {
            why: format!(
                "the vault answered {status}, it is in maintenance or has lost its storage: try \
                 again later, and look at its log if that lasts"
            ),
            may_have_arrived: status != 503,
        },
        429 if answer.says("quota") => Trouble::Limited(match answer.header("retry-after") {
            Some(seconds) if seconds.bytes().all(|b| b.is_ascii_digit()) => {
                format!("the vault's rate limit is met: run the step again in {seconds} s")
            }
            _ => "the vault's rate limit is met: run the step again later".to_owned(),
        }),
        301 | 302 | 307 | 308 | 429 | 472 | 473 => Trouble::Denied(format!(
            "a standby of the vault answered ({status}) and does not pass the request on: set \
             VAULT_ADDR to the active node, or to what balances between them"
        )),
        412 => Trouble::Conflict(
            "the node that answered has not caught up with the others: run the step again"
                .to_owned(),
        ),
        400 if answer.says("missing client token") => {
            Trouble::Denied("the vault saw no token: set VAULT_TOKEN".to_owned())
        }
        405 => Trouble::Refused(
            "the vault does not let this be written: the engine there is of another kind"
                .to_owned(),
        ),
        413 => Trouble::Refused("the secret is too large for the vault".to_owned()),
        _ => Trouble::NotUnderstood(format!(
            "the vault answered {status}, which says nothing that is known: its audit log has why"
        )),
    }
}

pub(super) fn not_understood() -> Trouble {
    Trouble::NotUnderstood(
        "the answer is not what a vault sends: check VAULT_ADDR, a proxy or sign-in page may stand \
         between"
            .to_owned(),
    )
}
