//! What a provider said, with values masked. A provider may echo what it was
//! sent, and people name files, workspaces and agents as they like, so every
//! text goes through the masker: ours too, as it may quote theirs.
//!
//! The types are the model's own. A format takes them from the view and never
//! from the finding.

use leeward_model::{Action, Assessment, Evidence, Gap, Grant, Impact, Tally, Trait, Verification};

use crate::value::Masker;

pub(crate) fn verification(verification: &Verification, masker: &Masker) -> Verification {
    Verification {
        validity: verification.validity,
        why: masker.text(&verification.why),
        checked_at: verification.checked_at,
        evidence: each(&verification.evidence, masker, evidence),
    }
}

pub(crate) fn assessment(assessment: &Assessment, masker: &Masker) -> Assessment {
    Assessment {
        identity: each(&assessment.identity, masker, identity),
        grants: each(&assessment.grants, masker, grant),
        actions: each(&assessment.actions, masker, action),
        impacts: each(&assessment.impacts, masker, impact),
        gaps: each(&assessment.gaps, masker, gap),
        evidence: each(&assessment.evidence, masker, evidence),
    }
}

fn each<T>(items: &[T], masker: &Masker, masked: fn(&T, &Masker) -> T) -> Vec<T> {
    items.iter().map(|item| masked(item, masker)).collect()
}

fn texts(texts: &[String], masker: &Masker) -> Vec<String> {
    texts.iter().map(|text| masker.text(text)).collect()
}

fn counts(counts: &[(String, u64)], masker: &Masker) -> Vec<(String, u64)> {
    counts.iter().map(|(text, count)| (masker.text(text), *count)).collect()
}

fn evidence(evidence: &Evidence, masker: &Masker) -> Evidence {
    Evidence {
        probe: masker.text(&evidence.probe),
        method: masker.text(&evidence.method),
        host: masker.text(&evidence.host),
        path: masker.text(&evidence.path),
        meaning: masker.text(&evidence.meaning),
        correlation: evidence.correlation.as_ref().map(|id| masker.text(id)),
        ..*evidence
    }
}

fn identity(says: &Trait, masker: &Masker) -> Trait {
    Trait {
        role: masker.text(&says.role),
        label: masker.text(&says.label),
        value: masker.text(&says.value),
    }
}

fn grant(grant: &Grant, masker: &Masker) -> Grant {
    Grant {
        id: masker.text(&grant.id),
        permission: masker.text(&grant.permission),
        noun: (masker.text(&grant.noun.0), masker.text(&grant.noun.1)),
        verb: masker.text(&grant.verb),
        sums: counts(&grant.sums, masker),
        tallies: each(&grant.tallies, masker, tally),
        names: texts(&grant.names, masker),
        raises: grant.raises.as_ref().map(|why| masker.text(why)),
        probe: masker.text(&grant.probe),
        ..*grant
    }
}

fn tally(tally: &Tally, masker: &Masker) -> Tally {
    Tally { label: masker.text(&tally.label), counts: counts(&tally.counts, masker) }
}

fn action(action: &Action, masker: &Masker) -> Action {
    Action {
        id: masker.text(&action.id),
        title: masker.text(&action.title),
        standing: action.standing,
        because: masker.text(&action.because),
        grants: texts(&action.grants, masker),
    }
}

fn impact(impact: &Impact, masker: &Masker) -> Impact {
    Impact {
        id: masker.text(&impact.id),
        title: masker.text(&impact.title),
        standing: impact.standing,
        text: masker.text(&impact.text),
        from: texts(&impact.from, masker),
    }
}

fn gap(gap: &Gap, masker: &Masker) -> Gap {
    Gap {
        probe: masker.text(&gap.probe),
        what: masker.text(&gap.what),
        why: masker.text(&gap.why),
        by_choice: gap.by_choice,
    }
}
