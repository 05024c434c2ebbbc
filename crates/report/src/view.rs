//! One report as every format shows it: sorted, with guidance looked up and
//! values masked out of all foreign text. Each format escapes what it takes
//! from here in its own way; none of them reads a finding's texts past it.

use std::cmp::Reverse;

use leeward_model::{
    Assessment, Commit, Excerpt, Finding, GitObjectKind, GitPlace, Location, NotScanned,
    Provenance, RemotePlace, Severity, SignalKind, Stealer, Validity, Verification, Way,
};

use crate::{
    Guidance, Report,
    exposure::{Exposure, short},
    masked,
    value::{Masker, revealed},
};

/// A whole report.
pub(crate) struct View<'a> {
    pub(crate) report: &'a Report<'a>,
    pub(crate) targets: Vec<String>,
    /// Worst first.
    pub(crate) findings: Vec<FindingView<'a>>,
    /// By name.
    pub(crate) stealers: Vec<StealerView<'a>>,
    pub(crate) not_scanned: Vec<LeftOut<'a>>,
    pub(crate) warnings: Vec<String>,
}

impl<'a> View<'a> {
    pub(crate) fn of(report: &'a Report<'a>) -> Self {
        let masker = masker(report);
        let mut findings: Vec<_> = report
            .findings
            .iter()
            .map(|finding| FindingView::of(finding, report, &masker))
            .collect();
        findings.sort_by_key(|finding| Reverse(finding.rank()));
        Self { findings, ..Self::without_findings(report, &masker) }
    }

    /// For a stream, whose findings have gone out already.
    pub(crate) fn of_rest(report: &'a Report<'a>) -> Self {
        Self::without_findings(report, &masker(report))
    }

    fn without_findings(report: &'a Report<'a>, masker: &Masker) -> Self {
        let coverage = report.coverage;
        let left_out = |item: &'a NotScanned| LeftOut {
            path: masker.bytes(&item.path),
            detail: item.reason.detail().map(|detail| masker.text(detail)),
            item,
        };
        Self {
            report,
            targets: report.targets.iter().map(|target| masker.text(target)).collect(),
            findings: Vec::new(),
            stealers: report.stealers.iter().map(|one| StealerView::of(one, masker)).collect(),
            not_scanned: coverage.not_scanned.iter().map(left_out).collect(),
            warnings: coverage.warnings.iter().map(|warning| masker.text(warning)).collect(),
        }
    }

    /// Whether everything that was asked for was looked at.
    pub(crate) fn is_complete(&self) -> bool {
        self.report.coverage.is_complete()
    }
}

fn masker(report: &Report<'_>) -> Masker {
    masker_for(report, report.findings)
}

/// Masks what is hidden, and the findings' values unless they are revealed.
fn masker_for(report: &Report<'_>, findings: &[Finding]) -> Masker {
    let shown = if report.reveal { &[] } else { findings };
    Masker::of(shown.iter().map(|finding| &finding.secret).chain(report.hidden.iter().copied()))
}

/// How many findings there are of each severity, worst first.
pub(crate) fn by_severity<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
) -> [(Severity, usize); 4] {
    let mut counts =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low].map(|s| (s, 0));
    for finding in findings {
        for (severity, count) in &mut counts {
            *count += usize::from(*severity == finding.severity.level);
        }
    }
    counts
}

/// How many findings there are of each validity, worst first.
pub(crate) fn by_validity<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
) -> [(Validity, usize); 5] {
    let mut counts = [
        Validity::Active,
        Validity::Restricted,
        Validity::Inactive,
        Validity::Unknown,
        Validity::Unchecked,
    ]
    .map(|validity| (validity, 0));
    for finding in findings {
        for (validity, count) in &mut counts {
            *count += usize::from(*validity == finding.verification.validity);
        }
    }
    counts
}

/// One finding.
pub(crate) struct FindingView<'a> {
    pub(crate) finding: &'a Finding,
    pub(crate) guidance: Guidance,
    pub(crate) hint: String,
    /// The value, if the report reveals.
    pub(crate) secret: Option<String>,
    /// Evidence in words, strongest first.
    pub(crate) why: Vec<String>,
    /// Why it is as bad as it is, in one sentence.
    pub(crate) severity_why: String,
    /// Role and value of the credential's public parts.
    pub(crate) companions: Vec<(String, String)>,
    /// Whether it is live, masked.
    pub(crate) verification: Verification,
    /// What it reaches, masked.
    pub(crate) assessment: Option<Assessment>,
    pub(crate) exposure: Exposure,
    pub(crate) places: Vec<Place<'a>>,
}

/// A package that stole credentials, and where it is named.
pub(crate) struct StealerView<'a> {
    pub(crate) stealer: &'a Stealer,
    pub(crate) places: Vec<Place<'a>>,
}

impl<'a> StealerView<'a> {
    fn of(stealer: &'a Stealer, masker: &Masker) -> Self {
        let places = stealer.locations.iter().map(|location| Place::of(location, masker));
        Self { stealer, places: places.collect() }
    }

    /// `name 1.2.3 of pypi`.
    pub(crate) fn title(&self) -> String {
        let Stealer { ecosystem, name, version, .. } = self.stealer;
        format!("{name} {version} of {ecosystem}")
    }
}

/// What is known of a secret beyond its places, masked: from a finding, or from
/// what is remembered of one.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) hint: &'a str,
    /// Whether it is live.
    pub(crate) verification: &'a Verification,
    /// What it reaches.
    pub(crate) assessment: Option<&'a Assessment>,
}

impl<'a> FindingView<'a> {
    /// A finding by itself, for a stream.
    pub(crate) fn alone(finding: &'a Finding, report: &Report<'_>) -> Self {
        let masker = masker_for(report, std::slice::from_ref(finding));
        Self::of(finding, report, &masker)
    }

    fn of(finding: &'a Finding, report: &Report<'_>, masker: &Masker) -> Self {
        let text = |text: &str| masker.text(text);
        Self {
            finding,
            guidance: (report.guidance)(&finding.dossier),
            hint: finding.secret.hint().to_string(),
            secret: report.reveal.then(|| revealed(&finding.secret)),
            why: finding.signals.iter().map(|signal| text(&signal.why)).collect(),
            severity_why: text(&sentence(&finding.severity.why)),
            companions: finding
                .companions
                .iter()
                .map(|companion| (text(&companion.role), text(&companion.value)))
                .collect(),
            verification: masked::verification(&finding.verification, masker),
            assessment: finding
                .assessment
                .as_ref()
                .map(|assessment| masked::assessment(assessment, masker)),
            exposure: Exposure::of(&finding.locations, report.now, masker),
            places: finding.locations.iter().map(|location| Place::of(location, masker)).collect(),
        }
    }

    pub(crate) fn known(&self) -> Known<'_> {
        Known {
            hint: &self.hint,
            verification: &self.verification,
            assessment: self.assessment.as_ref(),
        }
    }

    /// The name for people: the dossier's title, or its id without one.
    pub(crate) fn title(&self) -> &str {
        if self.guidance.title.is_empty() {
            self.finding.dossier.as_str()
        } else {
            &self.guidance.title
        }
    }

    /// What speaks for it, then what speaks against, but for the prior, which
    /// is the same for all.
    pub(crate) fn evidence(&self) -> String {
        let side = |wanted: fn(f32) -> bool| -> Vec<&str> {
            let signals = self.finding.signals.iter().zip(&self.why);
            signals
                .filter(|(signal, _)| wanted(signal.weight) && signal.kind != SignalKind::Prior)
                .map(|(_, why)| why.as_str())
                .collect()
        };
        let (speaks_for, against) = (side(|weight| weight >= 0.0), side(|weight| weight < 0.0));
        let mut text = speaks_for.join("; ");
        if !against.is_empty() {
            let joint = if text.is_empty() { "" } else { "; " };
            text = format!("{text}{joint}against it: {}", against.join("; "));
        }
        text
    }

    /// Severity, then confidence, then exposure; the rest only makes the order
    /// the same on every run.
    fn rank(&self) -> impl Ord + use<'a> {
        let confidence = self.finding.confidence;
        (
            self.finding.severity.level,
            confidence.level(),
            self.exposure.reach,
            (confidence.score() * 10_000.0) as u32,
            Reverse(self.finding.fingerprint),
        )
    }
}

/// Reasons in one sentence; those that end in a full stop lose it.
pub(crate) fn sentence(reasons: &[String]) -> String {
    let reasons = reasons.iter().map(|reason| reason.trim().trim_end_matches('.'));
    reasons.collect::<Vec<_>>().join("; ")
}

/// One place where a secret lies.
pub(crate) struct Place<'a> {
    pub(crate) location: &'a Location,
    /// The path, or the stable text that stands for one, with the way in; foreign
    /// bytes.
    pub(crate) path: Vec<u8>,
    /// The path of the outermost container, or of the file itself; foreign bytes.
    pub(crate) outer: Vec<u8>,
    /// The way in, masked; empty for what lies in the open.
    pub(crate) inside: Way,
    /// The later layer that deletes it, masked.
    pub(crate) deleted_by: Option<String>,
    /// The line, masked.
    pub(crate) excerpt: Excerpt,
    /// What Git knows, if it lies in a Git object.
    pub(crate) git: Option<GitFacts<'a>>,
    /// What a service said of it, masked, if one holds it.
    pub(crate) remote: Option<RemotePlace>,
}

/// The texts of a Git place, masked.
pub(crate) struct GitFacts<'a> {
    pub(crate) place: &'a GitPlace,
    pub(crate) repository: String,
    pub(crate) author: Option<(String, String)>,
    pub(crate) paths: Vec<Vec<u8>>,
    pub(crate) refs: Vec<String>,
}

impl<'a> Place<'a> {
    pub(crate) fn of(location: &'a Location, masker: &Masker) -> Self {
        let git = match &*location.provenance {
            Provenance::Git(place) => Some(GitFacts::of(place, masker)),
            Provenance::Stdin | Provenance::File(_) | Provenance::Remote(_) => None,
        };
        let remote = match &*location.provenance {
            Provenance::Remote(place) => Some(masked_remote(place, masker)),
            Provenance::Stdin | Provenance::File(_) | Provenance::Git(_) => None,
        };
        let outer = masker.bytes(&path(&location.provenance));
        let inside = masked_way(&location.inside, masker);
        Self {
            location,
            path: inside.from(&outer),
            outer,
            inside,
            deleted_by: location.deleted_by.as_deref().map(|layer| masker.text(layer)),
            excerpt: excerpt(&location.excerpt, masker),
            git,
            remote,
        }
    }

    /// `path:line:column` for people, who want words where there is no path;
    /// foreign bytes.
    pub(crate) fn position(&self) -> Vec<u8> {
        let inside = |outer: &str| self.inside.from(outer.as_bytes());
        let mut text = match &*self.location.provenance {
            Provenance::Stdin => inside("standard input"),
            Provenance::Git(place) if first_path(place).is_none() => {
                let object = short(&place.object.to_string());
                inside(&match place.kind {
                    GitObjectKind::Commit => format!("text of commit {object}"),
                    GitObjectKind::Tag => format!("text of tag {object}"),
                    GitObjectKind::Blob | GitObjectKind::Staged => format!("blob {object}"),
                })
            }
            Provenance::File(_) | Provenance::Git(_) | Provenance::Remote(_) => self.path.clone(),
        };
        let start = self.location.start;
        text.extend(format!(":{}:{}", start.line, start.column).bytes());
        text
    }
}

/// A way without values in its names.
pub(crate) fn masked_way(way: &Way, masker: &Masker) -> Way {
    Way::of(way.names().iter().map(|name| masker.bytes(name)))
}

/// A place without values in its texts.
pub(crate) fn masked_remote(place: &RemotePlace, masker: &Masker) -> RemotePlace {
    RemotePlace {
        source: place.source.clone(),
        service: place.service.clone(),
        item: masker.text(&place.item),
        url: masker.text(&place.url),
        path: place.path.as_deref().map(|path| masker.bytes(path)),
        author: place.author.as_deref().map(|author| masker.text(author)),
        at: place.at,
        is_public: place.is_public,
    }
}

impl<'a> GitFacts<'a> {
    fn of(place: &'a GitPlace, masker: &Masker) -> Self {
        let history = place.history.as_deref();
        let all = |texts: &[String]| texts.iter().map(|text| masker.text(text)).collect();
        Self {
            place,
            repository: masker.text(&place.repository),
            author: history.and_then(|history| history.introduced.as_ref()).map(|commit| {
                (masker.text(&commit.author.name), masker.text(&commit.author.email))
            }),
            paths: history
                .map(|history| history.paths.iter().map(|path| masker.bytes(path)).collect())
                .unwrap_or_default(),
            refs: history.map(|history| all(&history.refs)).unwrap_or_default(),
        }
    }
}

impl GitFacts<'_> {
    /// The commit that introduced the object, if it is known.
    pub(crate) fn commit(&self) -> Option<&Commit> {
        self.place.history.as_deref()?.introduced.as_ref()
    }
}

/// The path for a place. `-` is standard input; what has no path is named by
/// its kind and object: `git:commit/1f0c…`, `git:tag/…`, `git:blob/…`.
fn path(provenance: &Provenance) -> Vec<u8> {
    match provenance {
        Provenance::Stdin => b"-".to_vec(),
        Provenance::File(file) => file.path.clone(),
        Provenance::Remote(place) => [place.source.as_bytes(), b"/", &place.name()].concat(),
        Provenance::Git(place) => first_path(place).map_or_else(
            || {
                let kind = match place.kind {
                    GitObjectKind::Blob | GitObjectKind::Staged => "blob",
                    GitObjectKind::Commit => "commit",
                    GitObjectKind::Tag => "tag",
                };
                format!("git:{kind}/{}", place.object).into_bytes()
            },
            ToOwned::to_owned,
        ),
    }
}

/// The path in the commit that introduced the object, so that
/// `git show COMMIT:PATH` works.
fn first_path(place: &GitPlace) -> Option<&[u8]> {
    place.history.as_deref()?.paths.first().map(Vec::as_slice)
}

/// The excerpt, whose mark is only kept if it can be trusted.
fn excerpt(excerpt: &Excerpt, masker: &Masker) -> Excerpt {
    let text = masker.text(&excerpt.text);
    let fits = text == excerpt.text && text.get(excerpt.mark.clone()).is_some();
    let mark = if fits { excerpt.mark.clone() } else { 0..0 };
    Excerpt { text, mark }
}

/// One thing that was not looked at.
pub(crate) struct LeftOut<'a> {
    pub(crate) item: &'a NotScanned,
    pub(crate) path: Vec<u8>,
    pub(crate) detail: Option<String>,
}
