//! What would become of one file: each value in it that is meant, the variable
//! it is read from, and the text afterwards. Nothing is written here.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    ops::Range,
    path::{Path, PathBuf},
};

use leeward_detect::{Scratch, Sighting};
use leeward_model::{Blob, Encoding, Hint, Origin, Secret, Tracking};
use leeward_respond::{
    patch::{self, Language},
    vault::{Destination, Place, Trouble, shell},
};
use zeroize::Zeroizing;

use super::{
    Ground, IgnoreLine, Standing,
    home::{self, Home},
};

/// What is done about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Values are moved out of it.
    Move,
    /// It is a file of values: Git is kept from it.
    KeepOut {
        /// It is in the index already, and has to be taken out of it.
        is_tracked: bool,
    },
}

/// A value that is moved.
#[derive(Debug)]
pub struct Moved {
    /// Its line, from 1.
    pub line: u64,
    /// What it is.
    pub title: String,
    /// What may be shown of it.
    pub hint: Hint,
    /// The variable.
    pub name: String,
    pub(super) value: Secret,
}

/// A value that stays where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its line, from 1.
    pub line: u64,
    /// What it is.
    pub title: String,
    /// What may be shown of it.
    pub hint: Hint,
    /// Why, with what to do instead.
    pub why: String,
}

/// What would become of one file.
#[derive(Debug)]
pub struct Change {
    /// The file, as it is shown.
    pub shown: String,
    /// What is done.
    pub remedy: Remedy,
    /// Values that are moved.
    pub moved: Vec<Moved>,
    /// Values that are not.
    pub left: Vec<Left>,
    /// The difference, with every value masked. Foreign text, made inert.
    pub diff: String,
    /// What else is to be done.
    pub notes: Vec<String>,
    /// How the file stands with what is staged.
    pub standing: Standing,
    /// The dotenv file that the values go into, as it is shown.
    pub env: Option<String>,
    /// What has Git ignore it, or the file itself.
    pub ignore: Option<IgnoreLine>,
    /// Replacements in the text that was handed in, in its order. Of one value
    /// only: those of several stand in the text that the ones before left.
    pub pieces: Vec<(Range<usize>, String)>,
    pub(super) place: Place,
    pub(super) home: Option<PathBuf>,
    pub(super) example: Option<PathBuf>,
    pub(super) old: Zeroizing<Vec<u8>>,
    pub(super) new: Zeroizing<Vec<u8>>,
    pub(super) user_rules: Option<PathBuf>,
}

impl Change {
    /// Whether there is anything to write.
    pub fn is_something(&self) -> bool {
        !self.moved.is_empty() || matches!(self.remedy, Remedy::KeepOut { .. })
    }

    /// Where the file is, links followed.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// The root of the work tree that it lies in.
    pub fn root(&self) -> Option<PathBuf> {
        self.place.root()
    }
}

/// Plans the changes of a run, so that one value has one variable in all files.
pub struct Planner<'a> {
    ground: Ground<'a>,
    index: Option<PathBuf>,
    homes: BTreeMap<PathBuf, Home>,
    scratch: Scratch,
}

impl<'a> Planner<'a> {
    /// Nothing yet. `index` is that of Git, if it is not the repository's own.
    pub fn new(ground: Ground<'a>, index: Option<PathBuf>) -> Self {
        Self { ground, index, homes: BTreeMap::new(), scratch: Scratch::default() }
    }

    /// What would become of a file; `None` if nothing in it is meant, or it lies
    /// where values may lie.
    ///
    /// # Errors
    /// If the file or the one that values go into is of no use.
    pub fn file(
        &mut self,
        path: &Path,
        which: &dyn Fn(&Sighting) -> bool,
    ) -> Result<Option<Change>, Trouble> {
        let place = Place::find(path)?;
        let gone = || Trouble::Absent(format!("`{}` is not there any more", place.shown()));
        let text = place.read()?.ok_or_else(gone)?;
        self.text(place, text, which)
    }

    /// The same for a text that stands for the file, as in an editor.
    ///
    /// # Errors
    /// As above.
    pub fn text(
        &mut self,
        place: Place,
        old: Zeroizing<Vec<u8>>,
        which: &dyn Fn(&Sighting) -> bool,
    ) -> Result<Option<Change>, Trouble> {
        let shown = self.ground.shown(place.path()).into_owned();
        let mut all = Vec::new();
        let blob = Blob::whole(&old, Origin::File(&shown));
        self.ground.detector.scan(&blob, &mut self.scratch, |sighting| all.push(sighting));
        let mut wanted: Vec<Spot> = (0..all.len())
            .filter(|&index| which(&all[index]))
            .map(|at| Spot::of(&all, at))
            .collect();
        if wanted.is_empty() {
            return Ok(None);
        }
        let others = elsewhere(&old, &all, &wanted);
        wanted.extend(others);
        let language = Language::of(place.path(), &old);
        let is_example = home::is_example(place.path());
        let mut change = Change {
            shown: shown.display().to_string(),
            remedy: Remedy::Move,
            moved: Vec::new(),
            left: Vec::new(),
            diff: String::new(),
            notes: Vec::new(),
            standing: Standing::Unstaged,
            env: None,
            ignore: None,
            pieces: Vec::new(),
            home: None,
            example: None,
            new: old.clone(),
            old,
            user_rules: self.ground.user_rules.map(Path::to_owned),
            place,
        };
        if language == Language::Dotenv && !is_example {
            return self.keep_out(change);
        }
        let file = Home::of(&change.place, language, &self.ground);
        let home = match self.homes.entry(file) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let home = Home::open(entry.key(), &self.ground)?;
                entry.insert(home)
            }
        };
        let mut spans: Vec<Option<Range<usize>>> =
            wanted.iter().map(|spot| Some(spot.span.clone())).collect();
        for (at, spot) in wanted.iter().enumerate() {
            let task = Task {
                ground: &self.ground,
                shown: &shown,
                sighting: &all[spot.sighting],
                spot,
                span: spans[at].take(),
                is_example,
            };
            match task.solve(&change.new, home) {
                Ok(Solved { pieces, name, instead_of, notes }) => {
                    change.new = Zeroizing::new(changed(&change.new, &pieces));
                    for span in &mut spans {
                        *span = span.take().and_then(|span| moved(&span, &pieces));
                    }
                    change.moved.push(task.moved(name.clone()));
                    let clash = instead_of.map(|usual| {
                        format!(
                            "`{}` sets {usual} to another value already, so this one is {name}",
                            home.shown.display()
                        )
                    });
                    let notes = clash.into_iter().chain(notes);
                    let new: Vec<String> =
                        notes.filter(|note| !change.notes.contains(note)).collect();
                    change.notes.extend(new);
                    change.pieces.extend(pieces);
                }
                Err(why) => change.left.push(task.left(why)),
            }
        }
        if !change.moved.is_empty() {
            change.env = Some(home.shown.display().to_string());
            change.home = Some(home.file.clone());
            change.ignore = home.ignore.clone();
            let is_itself = home.example.as_deref() == Some(change.place.path());
            change.example = home.example.clone().filter(|_| !is_itself);
        }
        let encoded: Vec<Secret> =
            all.iter().map(|sighting| Secret::new(&change.old[sighting.span.clone()])).collect();
        let secrets = all.iter().map(|sighting| &sighting.secret).chain(&encoded);
        change.diff = patch::masked_diff(&shown, &change.old, &change.new, secrets);
        change.standing = Standing::of(&change.place, &change.old, self.index.as_deref());
        Ok(Some(change))
    }

    /// A dotenv file is where values belong, if Git does not keep it.
    fn keep_out(&self, mut change: Change) -> Result<Option<Change>, Trouble> {
        let is_tracked = match change.place.tracking(self.ground.user_rules) {
            Tracking::Ignored | Tracking::NoRepository => return Ok(None),
            Tracking::Tracked => true,
            Tracking::Untracked => false,
        };
        change.remedy = Remedy::KeepOut { is_tracked };
        change.ignore = Some(home::ignore_line(&change.place, &self.ground)?);
        change.standing = Standing::of(&change.place, &change.old, self.index.as_deref());
        if is_tracked {
            change.notes.push(format!(
                "the file stays on disk; whoever needs it elsewhere gets it another way than \
                 through Git, and names without values go into `{}`",
                change
                    .place
                    .path()
                    .with_file_name(".env.example")
                    .file_name()
                    .map_or_else(String::new, |name| shell(&name.to_string_lossy()))
            ));
        }
        Ok(Some(change))
    }
}

/// A place of a value.
struct Spot {
    /// The sighting that it is of, by its number.
    sighting: usize,
    span: Range<usize>,
    /// From 1.
    line: u64,
    encoding: Option<Encoding>,
}

impl Spot {
    fn of(all: &[Sighting], sighting: usize) -> Self {
        let Sighting { span, start, decoded, .. } = &all[sighting];
        let encoding = decoded.first().copied();
        Self { sighting, span: span.clone(), line: start.line, encoding }
    }
}

/// Where values stand once more, with nothing beside them that says what they
/// are: when the place that said so is gone, nobody would find these again.
fn elsewhere(text: &[u8], all: &[Sighting], wanted: &[Spot]) -> Vec<Spot> {
    let mut seen = BTreeSet::new();
    let mut found: Vec<Spot> = Vec::new();
    for spot in wanted {
        let Sighting { secret, fingerprint, .. } = &all[spot.sighting];
        if secret.len() < SHORTEST || !seen.insert(*fingerprint) {
            continue;
        }
        #[expect(clippy::disallowed_methods, reason = "the value is looked for in its own file")]
        let value = secret.expose();
        for start in memchr::memmem::find_iter(text, value) {
            let span = start..start + value.len();
            let is_apart =
                |other: &Range<usize>| other.end <= span.start || span.end <= other.start;
            if all.iter().all(|known| is_apart(&known.span))
                && found.iter().all(|known| is_apart(&known.span))
            {
                let line = 1 + text[..start].iter().filter(|&&byte| byte == b'\n').count() as u64;
                found.push(Spot { sighting: spot.sighting, span, line, encoding: None });
            }
        }
    }
    found
}

/// Shorter values would be met by chance.
const SHORTEST: usize = 12;

/// One value to take out of a text.
struct Task<'t> {
    ground: &'t Ground<'t>,
    shown: &'t Path,
    sighting: &'t Sighting,
    spot: &'t Spot,
    /// Where it is now, if it still is.
    span: Option<Range<usize>>,
    is_example: bool,
}

/// How it is taken out.
struct Solved {
    pieces: Vec<(Range<usize>, String)>,
    name: String,
    instead_of: Option<String>,
    notes: Vec<String>,
}

impl Task<'_> {
    fn solve(&self, text: &[u8], home: &mut Home) -> Result<Solved, String> {
        let Sighting { dossier, secret, fingerprint, .. } = self.sighting;
        let unknown = || "it is of a kind that is not known here".to_owned();
        let dossier = self.ground.library.get(dossier.as_str()).ok_or_else(unknown)?;
        let span = self.span.clone().ok_or("another replacement took its place: run it again")?;
        let held = self.ground.detector.name_of(text, &span);
        let held = held.map(|range| String::from_utf8_lossy(&text[range]).into_owned());
        if let Some(encoding) = self.spot.encoding {
            return Err(format!(
                "it stands there under an encoding ({}): put it into `{}` and read it from the \
                 environment by hand",
                encoding.name(),
                home.shown.display()
            ));
        }
        let name = home.name(dossier, *fingerprint, held.as_deref());
        let home::Name { text: name, instead_of } =
            name.ok_or("there are too many values of that name: name them by hand")?;
        if self.is_example {
            let notes = Vec::new();
            return Ok(Solved { pieces: vec![(span, String::new())], name, instead_of, notes });
        }
        let file = home.shown.clone();
        let reference = Destination::Env { file, name: name.clone() }.reference();
        let edit = patch::propose(self.shown, text, span, secret, &name, &reference)
            .map_err(|why| why.to_string())?;
        let pieces = edit.pieces().map(|(span, new)| (span, new.to_owned())).collect();
        Ok(Solved { pieces, name, instead_of, notes: vec![edit.note] })
    }

    fn title(&self) -> String {
        let dossier = self.ground.library.get(self.sighting.dossier.as_str());
        dossier.map_or_else(|| self.sighting.dossier.to_string(), |known| known.name.clone())
    }

    fn moved(&self, name: String) -> Moved {
        Moved {
            line: self.spot.line,
            title: self.title(),
            hint: self.sighting.secret.hint(),
            name,
            value: self.sighting.secret.duplicate(),
        }
    }

    fn left(&self, why: String) -> Left {
        let hint = self.sighting.secret.hint();
        Left { line: self.spot.line, title: self.title(), hint, why }
    }
}

/// A text with pieces replaced, which are in order and apart.
fn changed(text: &[u8], pieces: &[(Range<usize>, String)]) -> Vec<u8> {
    let mut new = Vec::with_capacity(text.len() + 256);
    let mut at = 0;
    for (span, piece) in pieces {
        new.extend_from_slice(&text[at..span.start]);
        new.extend_from_slice(piece.as_bytes());
        at = span.end;
    }
    new.extend_from_slice(&text[at..]);
    new
}

/// Where a range of the old text is in the new one; `None` if any of it was
/// replaced.
fn moved(range: &Range<usize>, pieces: &[(Range<usize>, String)]) -> Option<Range<usize>> {
    let (mut added, mut taken) = (0, 0);
    for (span, piece) in pieces {
        if span.end <= range.start {
            added += piece.len();
            taken += span.len();
        } else if span.start < range.end {
            return None;
        }
    }
    Some(range.start + added - taken..range.end + added - taken)
}
