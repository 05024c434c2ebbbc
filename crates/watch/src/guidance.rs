//! What a dossier says to whoever reads a report or takes care of an incident, in the
//! form that reports take it in.

use leeward_dossier::Library;
use leeward_model::DossierId;
use leeward_report::{Guidance, Remediation};

/// What a dossier says to the reader of a finding.
pub fn guidance(library: &Library, id: &DossierId) -> Guidance {
    let Some(dossier) = library.get(id.as_str()) else { return Guidance::default() };
    let first = dossier.remediation.first();
    Guidance {
        title: dossier.name.clone(),
        provider: dossier.provider.clone(),
        summary: dossier.summary.clone(),
        next_step: first.map(|step| step.title.clone()).unwrap_or_default(),
        next_url: first.and_then(|step| step.link.clone()),
        help_url: dossier.references.first().map(|reference| reference.url.clone()),
        remediation: dossier
            .remediation
            .iter()
            .map(|step| Remediation {
                step: step.step.name().to_owned(),
                title: step.title.clone(),
                text: step.text.clone(),
                url: step.link.clone(),
            })
            .collect(),
    }
}
