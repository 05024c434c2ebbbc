//! `leeward watch ours`: values of the operator's own become known by their
//! fingerprints. The values are read, fingerprinted and wiped.

use std::{
    cell::RefCell,
    io::{self, BufRead as _, Write as _},
};

use leeward_detect::fits;
use leeward_dossier::Library;
use leeward_model::{Fingerprint, Secret};
use leeward_probe::Stop;
use leeward_respond::vault::{Destination, Held};
use leeward_store::OurKey;
use leeward_watch::discreet::cautious;
use zeroize::Zeroizing;

use crate::{
    args, asking,
    config::Config,
    environment,
    failure::{Exit, Failure},
    kept, library,
    respond::hands,
};

/// A line that is longer holds no value.
const LONGEST: u64 = 16 << 10;

/// Runs it.
pub(crate) fn run(args: &args::WatchOurs) -> Result<Exit, Failure> {
    let config = Config::load(args.kept.config.as_deref())?;
    let library = library::load(&[])?;
    let mut keys = Vec::new();
    let mut strange = 0_u64;
    let label = cautious(&leeward_model::SafeText::new(&args.label).to_string());
    let mut take = |secret: &Secret, label: &str| match print(&library, args, secret) {
        Ok(Some(fingerprint)) => {
            keys.push(OurKey { fingerprint, label: label.to_owned() });
            Ok(())
        }
        Ok(None) => {
            strange += 1;
            Ok(())
        }
        Err(failure) => Err(failure),
    };
    if args.from.is_empty() {
        for_each_line(&mut |secret| take(secret, &label))?;
    }
    for place in &args.from {
        let read = from(args, &library, place)?;
        let label = if args.label == "ours" { cautious(place) } else { label.clone() };
        take(&read, &label)?;
    }
    if keys.is_empty() && strange == 0 {
        return Err(Failure::Value(
            "no value came: pipe them in, one on a line, or name a place with `--from`".to_owned(),
        ));
    }
    let mut store = kept::open(&args.kept, &config)?;
    let new = store.ours_add(&keys, kept::now())?;
    let known = keys.len() as u64 - new;
    let what = if new == 1 { "fingerprint" } else { "fingerprints" };
    writeln!(io::stdout(), "{new} {what} added, {known} known already")?;
    if strange > 0 {
        crate::terminal::notice(&format!(
            "note: nothing of a form that is known: {strange} of what was read; say with \
             `--dossier ID` what it is"
        ));
        return Ok(Exit::Incomplete);
    }
    Ok(Exit::Clean)
}

/// The fingerprint of a value, if it is one.
fn print(
    library: &Library,
    args: &args::WatchOurs,
    secret: &Secret,
) -> Result<Option<Fingerprint>, Failure> {
    if let Some(id) = &args.dossier {
        let dossier = library::find(library, id)?;
        let fits = fits(dossier, secret).is_ok();
        return Ok(fits.then(|| Fingerprint::new(&dossier.family, secret)));
    }
    let mut dossiers: Vec<_> = library.dossiers().iter().collect();
    dossiers.sort_by_key(|dossier| !dossier.detect.bare);
    let found = dossiers.into_iter().find(|dossier| fits(dossier, secret).is_ok());
    Ok(found.map(|dossier| Fingerprint::new(&dossier.family, secret)))
}

fn for_each_line(take: &mut dyn FnMut(&Secret) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut input = io::stdin().lock();
    loop {
        let mut line = Zeroizing::new(Vec::new());
        let read = io::Read::take(&mut input, LONGEST)
            .read_until(b'\n', &mut line)
            .map_err(|error| Failure::Value(format!("standard input cannot be read: {error}")))?;
        if read == 0 {
            return Ok(());
        }
        let text = line.trim_ascii();
        if !text.is_empty() {
            take(&Secret::new(text))?;
        }
    }
}

/// The value that a place holds.
fn from(args: &args::WatchOurs, library: &Library, place: &str) -> Result<Secret, Failure> {
    let destination =
        Destination::parse(place).map_err(|error| Failure::Value(format!("`--from`: {error}")))?;
    let settings = asking::settings(&args.asking, library)?;
    let rules = environment::git_ignore_rules();
    let access = hands::access(&destination, &settings, &Stop::new(), rules);
    let read = RefCell::new(None);
    let held = destination.open(&access).holds(&|secret| {
        read.replace(Some(secret.duplicate()));
        true
    });
    match held {
        Ok(Held::Yes | Held::No) => {}
        Ok(Held::Absent) => {
            return Err(Failure::Value(format!("`--from`: nothing is at `{}`", cautious(place))));
        }
        Ok(Held::Unreadable { why, .. }) => {
            return Err(Failure::Value(format!("`--from`: it cannot be read back: {why}")));
        }
        Err(trouble) => return Err(Failure::Value(format!("`--from`: {trouble}"))),
    }
    read.into_inner().ok_or_else(|| {
        Failure::Value(format!("`--from`: `{}` did not show what it holds", cautious(place)))
    })
}
