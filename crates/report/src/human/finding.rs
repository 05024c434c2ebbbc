//! One finding on the screen.

use leeward_model::{GitObjectKind, Provenance, Tracking};

use crate::{
    exposure::short,
    foreign::inert,
    snippet::{head, tail},
    view::{FindingView, Place},
    words,
};

use super::{
    excerpt::{self, Shown},
    reach,
    screen::{DIM, Label, NORMAL, STRONG, Screen, of_severity},
};

/// Other places shown by name; the rest are counted.
const PLACES_SHOWN: usize = 4;
/// Columns of the widest label and the space after it.
const LABELS: usize = 12;

pub(super) fn show(view: &FindingView<'_>, screen: &mut Screen) {
    let color = of_severity(view.finding.severity.level);
    heading(view, color, screen);
    let spots = spots(&view.places);
    if let Some(Spot { place: first, notes: said }) = spots.first() {
        let at = position(first);
        let shown = Shown {
            place: format!("{at}{}", notes(said, screen)),
            line: first.location.start.line,
            excerpt: &first.excerpt,
            remark: remark(view, first),
            color,
        };
        excerpt::show(&shown, screen);
    }
    facts(view, &spots, screen);
}

fn heading(view: &FindingView<'_>, color: anstyle::Style, screen: &mut Screen) {
    let severity = screen.paint(color, view.finding.severity.level.name());
    let title = format!(": {} {}", inert(view.title()), inert(&view.hint));
    let title = screen.paint(STRONG, &title);
    screen.line(&format!("{severity}{title}"));
}

/// Beside the underline: what one wants to know while looking at the value.
fn remark(view: &FindingView<'_>, place: &Place<'_>) -> String {
    let level = view.finding.confidence.level().name();
    let layers: Vec<&str> = place.location.decoded.iter().map(|layer| layer.name()).collect();
    if layers.is_empty() {
        format!("{level} confidence")
    } else {
        format!("{level} confidence, under {}", layers.join(", then "))
    }
}

fn facts(view: &FindingView<'_>, spots: &[Spot<'_>], screen: &mut Screen) {
    let mut fact = |name: &str, style, text: &str| {
        screen.prose(&label(name), style, text);
    };
    let guidance = &view.guidance;
    if !guidance.next_step.is_empty() {
        fact("next step", STRONG, &inert(&guidance.next_step));
    }
    if let Some(url) = &guidance.next_url {
        fact("", NORMAL, &inert(url));
    }
    if let Some(secret) = &view.secret {
        fact("secret", STRONG, &inert(secret));
    }
    reach::show(view.known(), screen);
    let mut fact = |name: &str, style, text: &str| {
        screen.prose(&label(name), style, text);
    };
    for (i, line) in view.exposure.lines.iter().enumerate() {
        fact(if i == 0 { "exposure" } else { "" }, NORMAL, &inert(line));
    }
    let rating = view.finding.severity.level.name();
    fact("severity", NORMAL, &because(rating, &view.severity_why));
    let confidence = view.finding.confidence;
    // Rounded down: no judge is certain.
    let score = (f64::from(confidence.score()) * 100.0).floor() / 100.0;
    let level = format!("{} ({score:.2})", confidence.level().name());
    fact("confidence", NORMAL, &because(&level, &view.evidence()));
    for (role, value) in &view.companions {
        fact("belongs to", NORMAL, &format!("{} {}", inert(role), inert(value)));
    }
    also_in(spots, screen);
    let identity = format!("{} {}", inert(view.finding.dossier.as_str()), view.finding.fingerprint);
    screen.whole(&label("identity"), DIM, &identity);
    reach::requests(view.known(), screen);
}

pub(crate) fn label(text: &str) -> Label<'_> {
    Label { indent: 2, text, width: LABELS, style: DIM }
}

pub(crate) fn also_in(spots: &[Spot<'_>], screen: &mut Screen) {
    let others = spots.get(1..).unwrap_or_default();
    // One more than the limit takes no more room than saying so.
    let shown = if others.len() == PLACES_SHOWN + 1 { others.len() } else { PLACES_SHOWN };
    for (i, Spot { place, notes: said }) in others.iter().take(shown).enumerate() {
        let text = format!("{}{}", position(place), notes(said, screen));
        screen.whole(&label(if i == 0 { "also in" } else { "" }), NORMAL, &text);
    }
    if others.len() > shown {
        let more = words::grouped((others.len() - shown) as u64);
        screen.whole(&label(""), NORMAL, &format!("and {more} more places"));
    }
}

/// A place as a person sees it: a file on disk and its version in HEAD are one.
pub(crate) struct Spot<'v> {
    pub(crate) place: &'v Place<'v>,
    notes: Vec<String>,
}

pub(crate) fn spots<'v>(places: &'v [Place<'v>]) -> Vec<Spot<'v>> {
    let mut spots: Vec<Spot<'_>> = Vec::new();
    for place in places {
        let mut notes = place_notes(place);
        match spots.iter_mut().find(|spot| is_head_of(place, spot.place)) {
            Some(spot) => spot.notes.append(&mut notes),
            None => spots.push(Spot { place, notes }),
        }
    }
    spots
}

/// Whether a place is the version in HEAD of a tracked file, with the secret
/// where it is on disk.
fn is_head_of(place: &Place<'_>, file: &Place<'_>) -> bool {
    let (Provenance::Git(git), Provenance::File(on_disk)) =
        (&*place.location.provenance, &*file.location.provenance)
    else {
        return false;
    };
    let is_its_path = |path: &Vec<u8>| {
        let before = on_disk.path.strip_suffix(path.as_slice());
        before.is_some_and(|before| before.is_empty() || before.ends_with(b"/"))
    };
    on_disk.tracking == Tracking::Tracked
        && place.location.inside == file.location.inside
        && place.location.span == file.location.span
        && git
            .history
            .as_deref()
            .is_some_and(|history| history.in_head && history.paths.iter().any(is_its_path))
}

fn because(what: &str, why: &str) -> String {
    if why.is_empty() { what.to_owned() } else { format!("{what}: {}", inert(why)) }
}

/// `path:line:column`, in full unless it is absurd.
pub(crate) fn position(place: &Place<'_>) -> String {
    const LONGEST: usize = 1024;
    let text = inert(&place.position());
    if text.len() <= LONGEST {
        return text;
    }
    format!("{}…{}", head(&text, LONGEST / 2), tail(&text, LONGEST / 2))
}

/// What is to be said of a place, dim and in parentheses.
fn notes(notes: &[String], screen: &Screen) -> String {
    if notes.is_empty() {
        return String::new();
    }
    format!(" {}", screen.paint(DIM, &format!("({})", notes.join(", "))))
}

/// What there is to say of a place, in a few words each.
fn place_notes(place: &Place<'_>) -> Vec<String> {
    let mut notes = standing(place);
    notes.extend(place.deleted_by.as_ref().map(|layer| format!("deleted by {}", inert(layer))));
    notes
}

/// How a place stands with Git or with the service that holds it.
fn standing(place: &Place<'_>) -> Vec<String> {
    match &*place.location.provenance {
        Provenance::Stdin => Vec::new(),
        Provenance::File(file) => match file.tracking {
            Tracking::NoRepository | Tracking::Tracked => Vec::new(),
            Tracking::Untracked => vec!["untracked".to_owned()],
            Tracking::Ignored => vec!["ignored by git".to_owned()],
        },
        Provenance::Git(git) => {
            let history = git.history.as_deref();
            let commit = history.and_then(|history| history.introduced.as_ref());
            let mut notes = Vec::new();
            match (git.kind, commit) {
                (GitObjectKind::Staged, None) => notes.push("staged".to_owned()),
                (GitObjectKind::Commit, _) => {}
                (_, Some(commit)) => {
                    let day = words::date(commit.committed_at)
                        .map_or_else(String::new, |date| format!(" of {date}"));
                    notes.push(format!("commit {}{day}", short(&commit.id.to_string())));
                }
                (_, None) => {}
            }
            if history
                .is_some_and(|history| !history.reachable && git.kind != GitObjectKind::Staged)
            {
                notes.push("unreachable".to_owned());
            }
            notes
        }
        Provenance::Remote(_) => {
            let Some(remote) = &place.remote else { return Vec::new() };
            let mut notes = Vec::new();
            // The address of an object is the beginning of its place.
            if place.outer != remote.url.as_bytes() {
                notes.push(inert(&remote.url));
            }
            notes.extend(remote.at.and_then(words::date));
            notes
        }
    }
}
