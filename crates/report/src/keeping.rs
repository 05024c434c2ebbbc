//! Findings as they may be kept: people name files, branches and themselves as
//! they like, a value among it, and what is kept must hold none. Not a format;
//! whoever keeps findings has them go through here first.

use std::{borrow::Cow, sync::Arc};

use leeward_model::{Excerpt, Finding, History, Location, Provenance, Secret};

use crate::{masked, value::Masker};

/// Replaces these values, and those of the findings, by their hints in
/// everything that findings say. The secrets themselves stay in place.
pub fn mask_for_keeping(findings: &mut [Finding], others: &[&Secret]) {
    let masker = {
        let own = findings.iter().map(|finding| &finding.secret);
        Masker::of(own.chain(others.iter().copied()))
    };
    for finding in findings {
        for signal in &mut finding.signals {
            signal.why = Cow::Owned(masker.text(&signal.why));
        }
        for why in &mut finding.severity.why {
            *why = masker.text(why);
        }
        for location in &mut finding.locations {
            *location = place(location, &masker);
        }
        finding.verification = masked::verification(&finding.verification, &masker);
        finding.assessment =
            finding.assessment.as_ref().map(|known| masked::assessment(known, &masker));
    }
}

/// Text as it may be kept: with these values replaced by their hints.
pub fn mask_text(text: &str, secrets: &[&Secret]) -> String {
    Masker::of(secrets.iter().copied()).text(text)
}

fn place(location: &Location, masker: &Masker) -> Location {
    let mut provenance = (*location.provenance).clone();
    match &mut provenance {
        Provenance::Stdin => {}
        Provenance::File(file) => file.path = masker.bytes(&file.path),
        Provenance::Remote(place) => **place = crate::view::masked_remote(place, masker),
        Provenance::Git(git) => {
            git.repository = masker.text(&git.repository);
            if let Some(history) = git.history.as_deref_mut() {
                mask_history(history, masker);
            }
        }
    }
    Location {
        provenance: Arc::new(provenance),
        inside: crate::view::masked_way(&location.inside, masker),
        deleted_by: location.deleted_by.as_deref().map(|layer| masker.text(layer)),
        excerpt: Excerpt {
            text: masker.text(&location.excerpt.text),
            mark: location.excerpt.mark.clone(),
        },
        ..location.clone()
    }
}

fn mask_history(history: &mut History, masker: &Masker) {
    for path in &mut history.paths {
        *path = masker.bytes(path);
    }
    for name in &mut history.refs {
        *name = masker.text(name);
    }
    if let Some(commit) = &mut history.introduced {
        commit.author.name = masker.text(&commit.author.name);
        commit.author.email = masker.text(&commit.author.email);
        commit.summary = masker.text(&commit.summary);
    }
}
