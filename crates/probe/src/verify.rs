//! Is it live? The questions of a dossier that decide, in order, until one of
//! them does. Whose it is and what it reaches is `assess`'s.

use leeward_dossier::{
    Dossier, Library,
    probe::{Meaning, Probe},
};
use leeward_model::{Companion, DossierId, Evidence, Secret, Validity, Verification};

use crate::{answer::Reply, ask::Credential, prober::Prober, route::route};

/// The kind that a secret turned out to be, and what was said of it.
#[derive(Debug)]
pub(crate) struct Verified {
    /// The kind it was asked as, or the one that it turned out to be.
    pub(crate) dossier: DossierId,
    /// What was said.
    pub(crate) verification: Verification,
}

impl Prober {
    /// Whether a secret is live, with as few requests as that takes: one, if
    /// the first answer decides.
    pub(crate) async fn verify(
        &self,
        dossier: &Dossier,
        secret: &Secret,
        companions: &[Companion],
    ) -> Verification {
        let credential = Credential { secret, companions };
        let mut verification = Verification::default();
        let mut unasked = None;
        for probe in deciding(dossier) {
            let url = match self.settings.address_for(dossier, probe, &probe.url, credential) {
                Ok(url) => url,
                Err(why) => {
                    unasked.get_or_insert(why);
                    continue;
                }
            };
            let reply = self.asker.ask(dossier, probe, &url, credential).await;
            take(&mut verification, reply);
            if verification.validity != Validity::Unknown {
                return verification;
            }
        }
        if verification.validity == Validity::Unchecked {
            let none = || "no request tells whether a value of this kind is live".to_owned();
            verification.why = unasked.unwrap_or_else(none);
        }
        verification
    }

    /// As [`verify`](Self::verify); a secret that is refused is also asked
    /// about as the kinds of its family that it may be instead.
    pub(crate) async fn verify_closely(
        &self,
        dossier: &Dossier,
        secret: &Secret,
        companions: &[Companion],
    ) -> Verified {
        let mut verification = self.verify(dossier, secret, companions).await;
        let mut refused = Vec::new();
        let ask = is_worth_asking_further(&verification);
        for other in others(&self.library, dossier).filter(|_| ask) {
            let mut found = self.verify(other, secret, companions).await;
            // Less than acceptance does not show that it is this kind.
            if found.validity == Validity::Active {
                found.evidence = [verification.evidence, found.evidence].concat();
                found.why = format!("{}; it is: {}", found.why, other.name);
                return Verified { dossier: other.id().clone(), verification: found };
            }
            verification.evidence.extend(found.evidence);
            // A kind that was not asked about says nothing. One that was and got
            // no answer leaves open what the first refused.
            if found.validity != Validity::Unchecked {
                refused.push(format!("as {}: {}", other.name, found.validity.name()));
            }
            if found.validity == Validity::Unknown && verification.validity == Validity::Inactive {
                verification.validity = Validity::Unknown;
            }
        }
        if !refused.is_empty() {
            verification.why = format!("{}; {}", verification.why, refused.join(", "));
        }
        Verified { dossier: dossier.id().clone(), verification }
    }
}

/// Whether a secret may be of another kind: not if it was accepted, and not if
/// nobody answered.
fn is_worth_asking_further(verification: &Verification) -> bool {
    match verification.validity {
        Validity::Active => false,
        Validity::Restricted | Validity::Inactive | Validity::Unchecked => true,
        Validity::Unknown => {
            let status = verification.evidence.last().and_then(|evidence| evidence.status);
            status.is_some_and(|status| status < 500 && status != 429)
        }
    }
}

/// The kinds that a secret may be instead, as far as they are asked on hosts
/// that its own dossier lists.
pub(crate) fn others<'l>(
    library: &'l Library,
    dossier: &'l Dossier,
) -> impl Iterator<Item = &'l Dossier> {
    let listed =
        |other: &&Dossier| deciding(other).all(|probe| route(&[], dossier, &probe.url).is_ok());
    dossier.verify.also.iter().filter_map(|id| library.get(id)).filter(listed)
}

/// The questions whose answers decide; those that name the owner come later.
pub(crate) fn deciding(dossier: &Dossier) -> impl Iterator<Item = &Probe> {
    dossier.verify.requests.iter().filter(|probe| probe.identity.is_empty())
}

/// The questions that name the owner.
pub(crate) fn naming(dossier: &Dossier) -> impl Iterator<Item = &Probe> {
    dossier.verify.requests.iter().filter(|probe| !probe.identity.is_empty())
}

/// What an answer says, in the words of the model.
pub(crate) fn validity(meaning: Meaning) -> Validity {
    match meaning {
        Meaning::Active => Validity::Active,
        Meaning::Restricted => Validity::Restricted,
        Meaning::Inactive => Validity::Inactive,
        Meaning::Unknown => Validity::Unknown,
    }
}

/// Takes an answer; of several that decide nothing the first is kept.
fn take(verification: &mut Verification, reply: Reply) {
    let validity = validity(reply.meaning);
    if verification.validity == Validity::Unchecked || validity != Validity::Unknown {
        verification.validity = validity;
        verification.why = reply.why;
        verification.checked_at = reply.evidence.last().map(|evidence: &Evidence| evidence.at);
    }
    verification.evidence.extend(reply.evidence);
}
