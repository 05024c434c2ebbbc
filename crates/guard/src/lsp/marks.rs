//! What is shown of a document: each value in it, where, how bad, and why it is
//! thought one. The words are for people and hold no value.

use std::sync::Arc;

use leeward_detect::Sighting;
use leeward_dossier::Dossier;
use leeward_model::{
    Confidence, FilePlace, Level, Location, Provenance, Rating, SafeText, Severity, SignalKind,
    Span, Tracking, Verification, Way,
};
use leeward_pipeline::rating;
use lsp_types::{CodeDescription, Diagnostic, DiagnosticSeverity, NumberOrString, Range};

use super::{
    Settings,
    document::Document,
    text::{Encoding, Near},
};

/// What is said to be the source of all marks.
pub(super) const SOURCE: &str = "leeward";

/// The most marks of one document; more help nobody.
const MOST: usize = 500;

/// The marks of a document that was looked at.
pub(super) fn marks(
    document: &Document,
    settings: &Settings,
    encoding: Encoding,
) -> Vec<Diagnostic> {
    let mut near = Near::default();
    let mark = |sighting: &Sighting| {
        let range = document.text.range_near(&sighting.span, encoding, &mut near);
        mark_at(range, document, sighting, settings)
    };
    document.known().iter().take(MOST).map(mark).collect()
}

/// The mark of one value.
pub(super) fn mark(
    document: &Document,
    sighting: &Sighting,
    settings: &Settings,
    encoding: Encoding,
) -> Diagnostic {
    mark_at(document.text.range(&sighting.span, encoding), document, sighting, settings)
}

fn mark_at(
    range: Range,
    document: &Document,
    sighting: &Sighting,
    settings: &Settings,
) -> Diagnostic {
    let dossier = settings.library.get(sighting.dossier.as_str());
    let rated = rated(document, sighting, settings);
    let reference = dossier.and_then(|known| known.references.first());
    let href = reference.and_then(|reference| reference.url.parse().ok());
    let title = title(dossier, sighting);
    let hint = SafeText::new(sighting.secret.hint().as_str()).to_string();
    let because = strongest(sighting).map(|why| format!(": {why}")).unwrap_or_default();
    Diagnostic {
        range,
        severity: Some(severity(sighting, rated.as_ref())),
        code: Some(NumberOrString::String(sighting.dossier.as_str().to_owned())),
        code_description: href.map(|href| CodeDescription { href }),
        source: Some(SOURCE.to_owned()),
        message: format!(
            "{title} {hint}{because}. Move it out of the file, or say why it may stay"
        ),
        data: Some(serde_json::json!({ "fingerprint": sighting.fingerprint.to_string() })),
        ..Diagnostic::default()
    }
}

/// What it is called.
pub(super) fn title(dossier: Option<&Dossier>, sighting: &Sighting) -> String {
    dossier.map_or_else(|| sighting.dossier.to_string(), |known| known.name.clone())
}

/// How bad it is, where it lies.
pub(super) fn rated(
    document: &Document,
    sighting: &Sighting,
    settings: &Settings,
) -> Option<Rating> {
    let place = FilePlace { path: Vec::new(), tracking: document.tracking };
    let location = Location {
        inside: Way::default(),
        deleted_by: None,
        provenance: Arc::new(Provenance::File(place)),
        span: Span { start: sighting.span.start as u64, end: sighting.span.end as u64 },
        start: sighting.start,
        end: sighting.end,
        decoded: Vec::new(),
        excerpt: sighting.excerpt.clone(),
    };
    let verification = Verification::default();
    rating(&settings.library, &sighting.dossier, &[location], &verification, None, 0)
}

/// The evidence that speaks most for it, without what is always said.
fn strongest(sighting: &Sighting) -> Option<String> {
    let told = sighting.signals.iter().filter(|signal| {
        signal.weight > 0.0 && !matches!(signal.kind, SignalKind::Prior | SignalKind::Layer)
    });
    let best = told.max_by(|one, other| one.weight.total_cmp(&other.weight))?;
    Some(SafeText::new(&*best.why).to_string())
}

fn severity(sighting: &Sighting, rated: Option<&Rating>) -> DiagnosticSeverity {
    let is_sure = Confidence::of(&sighting.signals).level() == Level::High;
    match rated.map_or(Severity::High, |rating| rating.level) {
        Severity::Critical | Severity::High if is_sure => DiagnosticSeverity::ERROR,
        Severity::Low => DiagnosticSeverity::INFORMATION,
        _ => DiagnosticSeverity::WARNING,
    }
}

/// Whether values may lie in a document: a dotenv file that Git ignores.
pub(super) fn is_home(document: &Document) -> bool {
    use leeward_respond::patch::Language;
    let Some(path) = &document.path else { return false };
    document.tracking == Tracking::Ignored && Language::of(path, b"") == Language::Dotenv
}
