//! The shape of an assessment.

use leeward_model::{Action, Assessment, Count, Gap, Grant, Impact, Standing, Tally, Trait};
use serde::{Deserialize, Serialize};

use super::{
    answer::{WireEvidence, evidence, read_evidence},
    names, read, write,
};
use crate::trouble::Trouble;

#[derive(Serialize, Deserialize)]
struct WireAssessment {
    identity: Vec<(String, String, String)>,
    grants: Vec<WireGrant>,
    actions: Vec<WireAction>,
    impacts: Vec<WireImpact>,
    gaps: Vec<WireGap>,
    evidence: Vec<WireEvidence>,
}

#[derive(Serialize, Deserialize)]
struct WireGrant {
    id: String,
    permission: String,
    noun: (String, String),
    verb: String,
    count: WireCount,
    listed: u64,
    bytes: Option<u64>,
    sums: Vec<(String, u64)>,
    tallies: Vec<(String, Vec<(String, u64)>)>,
    span: Option<(i64, i64)>,
    names: Vec<String>,
    target: bool,
    raises: Option<String>,
    probe: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireCount {
    Exactly(u64),
    AtLeast(u64),
    Unsaid,
}

#[derive(Serialize, Deserialize)]
struct WireAction {
    id: String,
    title: String,
    standing: String,
    because: String,
    grants: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct WireImpact {
    id: String,
    title: String,
    standing: String,
    text: String,
    from: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct WireGap {
    probe: String,
    what: String,
    why: String,
    by_choice: bool,
}

names!(standing_name, standing_named, Standing,
    Standing::Proven => "proven",
    Standing::Inferred => "inferred",
    Standing::Unknown => "unknown",
    Standing::Refused => "refused",
);

pub(crate) fn write_assessment(assessment: &Assessment) -> Result<String, Trouble> {
    let Assessment { identity, grants, actions, impacts, gaps, evidence: asked } = assessment;
    write(WireAssessment {
        identity: identity
            .iter()
            .map(|it| (it.role.clone(), it.label.clone(), it.value.clone()))
            .collect(),
        grants: grants.iter().map(grant).collect(),
        actions: actions
            .iter()
            .map(|it| WireAction {
                id: it.id.clone(),
                title: it.title.clone(),
                standing: standing_name(it.standing).to_owned(),
                because: it.because.clone(),
                grants: it.grants.clone(),
            })
            .collect(),
        impacts: impacts
            .iter()
            .map(|it| WireImpact {
                id: it.id.clone(),
                title: it.title.clone(),
                standing: standing_name(it.standing).to_owned(),
                text: it.text.clone(),
                from: it.from.clone(),
            })
            .collect(),
        gaps: gaps
            .iter()
            .map(|it| WireGap {
                probe: it.probe.clone(),
                what: it.what.clone(),
                why: it.why.clone(),
                by_choice: it.by_choice,
            })
            .collect(),
        evidence: asked.iter().map(evidence).collect(),
    })
}

pub(crate) fn read_assessment(text: &str) -> Result<Assessment, Trouble> {
    let wire: WireAssessment = read(text)?;
    let action = |it: WireAction| {
        let standing = standing_named(&it.standing)?;
        let WireAction { id, title, because, grants, .. } = it;
        Ok::<_, Trouble>(Action { id, title, standing, because, grants })
    };
    let impact = |it: WireImpact| {
        let standing = standing_named(&it.standing)?;
        let WireImpact { id, title, text, from, .. } = it;
        Ok::<_, Trouble>(Impact { id, title, standing, text, from })
    };
    let gap = |WireGap { probe, what, why, by_choice }| Gap { probe, what, why, by_choice };
    Ok(Assessment {
        identity: wire
            .identity
            .into_iter()
            .map(|(role, label, value)| Trait { role, label, value })
            .collect(),
        grants: wire.grants.into_iter().map(read_grant).collect(),
        actions: wire.actions.into_iter().map(action).collect::<Result<_, _>>()?,
        impacts: wire.impacts.into_iter().map(impact).collect::<Result<_, _>>()?,
        gaps: wire.gaps.into_iter().map(gap).collect(),
        evidence: wire.evidence.into_iter().map(read_evidence).collect(),
    })
}

fn grant(it: &Grant) -> WireGrant {
    WireGrant {
        id: it.id.clone(),
        permission: it.permission.clone(),
        noun: it.noun.clone(),
        verb: it.verb.clone(),
        count: match it.count {
            Count::Exactly(count) => WireCount::Exactly(count),
            Count::AtLeast(count) => WireCount::AtLeast(count),
            Count::Unsaid => WireCount::Unsaid,
        },
        listed: it.listed,
        bytes: it.bytes,
        sums: it.sums.clone(),
        tallies: it.tallies.iter().map(|it| (it.label.clone(), it.counts.clone())).collect(),
        span: it.span,
        names: it.names.clone(),
        target: it.target,
        raises: it.raises.clone(),
        probe: it.probe.clone(),
    }
}

fn read_grant(it: WireGrant) -> Grant {
    Grant {
        id: it.id,
        permission: it.permission,
        noun: it.noun,
        verb: it.verb,
        count: match it.count {
            WireCount::Exactly(count) => Count::Exactly(count),
            WireCount::AtLeast(count) => Count::AtLeast(count),
            WireCount::Unsaid => Count::Unsaid,
        },
        listed: it.listed,
        bytes: it.bytes,
        sums: it.sums,
        tallies: it.tallies.into_iter().map(|(label, counts)| Tally { label, counts }).collect(),
        span: it.span,
        names: it.names,
        target: it.target,
        raises: it.raises,
        probe: it.probe,
    }
}
