//! Where a value that is asked about comes from: standard input, a prompt that
//! does not show it, or the place where a report found it. Never an argument.

use std::io::{self, IsTerminal as _, Read as _};

use leeward_detect::{Detector, Misfit, Options, Scratch, fits};
use leeward_dossier::{Dossier, Library};
use leeward_model::{
    Blob, Confidence, Finding, Fingerprint, Level, Origin, Rating, Secret, Severity, Signal,
    SignalKind, Verification,
};

use zeroize::Zeroizing;

use crate::{failure::Failure, library, terminal};

/// More than this is no value and no snippet around one.
const LONGEST: u64 = 1 << 20;

/// The value that a person hands over, as a finding without a place.
pub(crate) fn handed_in(library: &Library, kind: Option<&str>) -> Result<Finding, Failure> {
    let text = read()?;
    let trimmed = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&text).trim_ascii();
    if trimmed.is_empty() {
        return Err(Failure::Value(
            "no value came: pipe it in, as in `pbpaste | leeward verify`, or run the command on a \
             terminal to be asked for it"
                .to_owned(),
        ));
    }
    if trimmed.len() < text.trim_ascii_end().len() || has_more_than_a_line_end(&text) {
        terminal::notice("note: white space around the value was left out");
    }
    let is_one_word = !trimmed.iter().any(u8::is_ascii_whitespace);
    let secret = Secret::new(trimmed);
    if let Some(id) = kind {
        let dossier = library::find(library, id)?;
        return match fits(dossier, &secret) {
            Ok(()) if dossier.detect.companion.is_none() => Ok(finding(dossier, secret)),
            Ok(()) => Err(lone_half(dossier)),
            // A line such as `NAME=value`, or both halves of a pair.
            Err(misfit) => {
                let found = found_in(library, trimmed, Some(id));
                found.unwrap_or_else(|| Err(refused(dossier, &misfit)))
            }
        };
    }
    if is_one_word && let Some(dossier) = of_this_shape(library, &secret) {
        return Ok(finding(dossier, secret));
    }
    if let Some(found) = found_in(library, trimmed, None) {
        return found;
    }
    let usual = library.dossiers().iter().find(|dossier| dossier.detect.bare);
    let misfit = usual.and_then(|dossier| Some((dossier, fits(dossier, &secret).err()?)));
    Err(misfit.map_or_else(
        || Failure::Value("say with `--dossier ID` what the value is".to_owned()),
        |(dossier, misfit)| refused(dossier, &misfit),
    ))
}

/// A replacement that somebody made, handed in as a value is.
pub(crate) fn replacement(dossier: &Dossier) -> Result<Secret, Failure> {
    let text = read()?;
    let secret = Secret::new(text.trim_ascii());
    match fits(dossier, &secret) {
        Ok(()) => Ok(secret),
        Err(misfit) => Err(Failure::Value(format!(
            "nothing was done: the replacement is no {}: {misfit}",
            dossier.name
        ))),
    }
}

/// A secret that is asked for on the terminal, without showing it.
pub(crate) fn prompted(question: &str) -> Result<Secret, Failure> {
    let typed = rpassword::prompt_password(question).map_err(|error| {
        Failure::Value(format!(
            "the secret cannot be asked for ({error}): name a file that holds it"
        ))
    })?;
    let typed = Zeroizing::new(typed);
    match typed.trim() {
        "" => Err(Failure::Value("nothing was typed".to_owned())),
        value => Ok(Secret::new(value.as_bytes())),
    }
}

fn refused(dossier: &Dossier, misfit: &Misfit) -> Failure {
    Failure::Value(format!("nothing was asked: this is no {}: {misfit}", dossier.name))
}

fn lone_half(dossier: &Dossier) -> Failure {
    let role = dossier.detect.companion.as_ref().map_or("other half", |rule| rule.role.as_str());
    Failure::Value(format!(
        "nothing was asked: {} works only with its {role}; hand in both as they lie in a file",
        dossier.name
    ))
}

/// The kind that a value alone shows it to be.
fn of_this_shape<'l>(library: &'l Library, secret: &Secret) -> Option<&'l Dossier> {
    let alone = |dossier: &&Dossier| dossier.detect.companion.is_none();
    let fitting = library.dossiers().iter().filter(alone);
    let fitting: Vec<&Dossier> = fitting.filter(|kind| fits(kind, secret).is_ok()).collect();
    match fitting[..] {
        [only] => Some(only),
        _ => fitting.iter().find(|dossier| dossier.detect.bare).copied(),
    }
}

/// The one value that lies in a text. `None` if there is none.
fn found_in(
    library: &Library,
    text: &[u8],
    kind: Option<&str>,
) -> Option<Result<Finding, Failure>> {
    let detector = Detector::new(library, Options::default());
    let mut found: Vec<leeward_detect::Sighting> = Vec::new();
    let blob = Blob::whole(text, Origin::Stdin);
    detector.scan(&blob, &mut Scratch::default(), |sighting| {
        let is_sure = Confidence::of(&sighting.signals).level() >= Level::Medium;
        let is_wanted = kind.is_none_or(|kind| sighting.dossier.as_str() == kind);
        let is_new = found.iter().all(|known| known.fingerprint != sighting.fingerprint);
        if is_sure && is_wanted && is_new {
            found.push(sighting);
        }
    });
    if found.len() > 1 {
        return Some(Err(Failure::Value(format!(
            "nothing was asked: {} values are in this text; `leeward scan --verify -` asks about \
             each",
            found.len()
        ))));
    }
    let sighting = found.pop()?;
    let dossier = library.get(sighting.dossier.as_str())?;
    terminal::notice("note: the text around the value was left out");
    let companions = sighting.companions;
    Some(Ok(Finding { companions, ..finding(dossier, sighting.secret) }))
}

/// A finding of a value that somebody says is one.
fn finding(dossier: &Dossier, secret: Secret) -> Finding {
    let signals = vec![Signal {
        kind: SignalKind::Value,
        weight: 5.0,
        why: "handed in, and of the right form".into(),
    }];
    Finding {
        dossier: dossier.id().clone(),
        fingerprint: Fingerprint::new(&dossier.family, &secret),
        secret,
        companions: Vec::new(),
        confidence: Confidence::of(&signals),
        signals,
        severity: Rating { level: Severity::Low, why: Vec::new() },
        locations: Vec::new(),
        verification: Verification::default(),
        assessment: None,
    }
}

fn has_more_than_a_line_end(text: &[u8]) -> bool {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    text.last().is_some_and(u8::is_ascii_whitespace)
}

fn read() -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error: io::Error| Failure::Value(format!("the value cannot be read: {error}"));
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let typed = rpassword::prompt_password("value (it is not shown): ").map_err(failed)?;
        return Ok(Zeroizing::new(typed.into_bytes()));
    }
    let mut text = Zeroizing::new(Vec::new());
    stdin.lock().take(LONGEST + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > LONGEST {
        return Err(Failure::Value(
            "more than a value came through standard input; `leeward scan --verify -` asks about \
             all that is in a text"
                .to_owned(),
        ));
    }
    Ok(text)
}
