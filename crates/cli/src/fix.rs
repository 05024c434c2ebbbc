//! `leeward fix`: what is to be moved is found as a scan finds it, shown as a
//! difference, asked about, and done file by file.

mod meant;
mod screen;

use std::{
    collections::BTreeMap,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use leeward_detect::{Detector, Options};
use leeward_guard::fix::{self, Change, Ground, Planner, Remedy, Standing};
use leeward_model::Level;

use leeward_watch::discreet::discreet;

use crate::{
    args, environment,
    failure::{Exit, Failure},
    library,
};

/// Shows what would be changed, and changes it.
pub(crate) fn run(args: &args::Fix) -> Result<Exit, Failure> {
    let library = library::load(&args.dossiers)?;
    let least: Level = args.confidence.into();
    let detector = Detector::new(&library, Options { low: least == Level::Low });
    let meant = meant::find(args, &library, &detector)?;
    let here = environment::really_here()
        .map_err(|error| Failure::File("find", PathBuf::from("."), error))?;
    let user_rules = environment::git_ignore_rules();
    let ground = Ground {
        detector: &detector,
        library: &library,
        user_rules: user_rules.as_deref(),
        base: &here,
        env: args.env.as_deref(),
    };
    let mut planner = Planner::new(ground, environment::git_index());
    let mut run = Run { changed: Changed::default(), open: false };
    let mut answers = Answers::new(args);
    // Files of values first: what Git stops tracking can take others.
    for (path, wanted) in &meant.files {
        let change = match planner.file(path, &|sighting| wanted.has(sighting)) {
            Ok(Some(change)) => change,
            Ok(None) => continue,
            Err(trouble) => {
                run.open = true;
                screen::trouble(&path.display().to_string(), &trouble.to_string())?;
                continue;
            }
        };
        screen::change(&change)?;
        run.open |= !change.left.is_empty();
        if !change.is_something() {
            continue;
        }
        match answers.to(&change)? {
            Answer::Yes => run.carry_out(&change, args.stage)?,
            Answer::No => run.open = true,
        }
    }
    run.end(args, &meant)
}

/// What a run has done.
struct Run {
    changed: Changed,
    /// Something is left to do.
    open: bool,
}

/// Files by what is to be done in the index.
#[derive(Default)]
struct Changed {
    /// By the root of the work tree.
    add: BTreeMap<PathBuf, Vec<PathBuf>>,
    untrack: BTreeMap<PathBuf, Vec<PathBuf>>,
    parts: Vec<String>,
    count: usize,
}

impl Run {
    fn carry_out(&mut self, change: &Change, stage: bool) -> Result<(), Failure> {
        let done = match change.apply() {
            Ok(done) => done,
            Err(trouble) => {
                self.open = true;
                return screen::trouble(&change.shown, &trouble.to_string());
            }
        };
        self.changed.count += 1;
        screen::done(change, &done)?;
        let Some(root) = change.root() else { return Ok(()) };
        let add = self.changed.add.entry(root.clone()).or_default();
        let is_untracked = change.remedy == Remedy::KeepOut { is_tracked: true };
        if change.standing == Standing::Whole && !is_untracked && !change.moved.is_empty() {
            add.push(change.path().to_owned());
        }
        // What has Git ignore the values belongs into the same commit.
        for file in done.beside {
            if !add.contains(&file) {
                add.push(file);
            }
        }
        if change.standing == Standing::Part && !is_untracked {
            self.changed.parts.push(change.shown.clone());
        }
        if is_untracked {
            let files = self.changed.untrack.entry(root).or_default();
            files.push(change.path().to_owned());
            self.open |= !stage;
            if stage {
                // Before others, whose values may go into this very file.
                self.index(fix::untrack, |changed| &mut changed.untrack)?;
            }
        }
        Ok(())
    }

    fn index(
        &mut self,
        command: fn(&Path, &[PathBuf]) -> io::Result<()>,
        of: impl FnOnce(&mut Changed) -> &mut BTreeMap<PathBuf, Vec<PathBuf>>,
    ) -> Result<(), Failure> {
        for (root, files) in std::mem::take(of(&mut self.changed)) {
            if let Err(error) = command(&root, &files) {
                self.open = true;
                screen::trouble("git", &error.to_string())?;
            }
        }
        Ok(())
    }

    /// What is left to do, and how it ended.
    fn end(mut self, args: &args::Fix, meant: &meant::Meant) -> Result<Exit, Failure> {
        let mut out = io::stdout().lock();
        let here = environment::really_here().unwrap_or_default();
        for (root, files) in &meant.staged_only {
            let paths = files.iter().map(|file| root.join(file));
            self.changed.add.entry(root.clone()).or_default().extend(paths);
            for file in files {
                let file = discreet(&file.display().to_string());
                writeln!(out, "`{file}`: what is staged holds a value that the file does not")?;
            }
        }
        for file in meant.staged_apart.values().flatten() {
            self.open = true;
            let word = leeward_respond::vault::shell(&file.display().to_string());
            writeln!(
                out,
                "`{}`: what is staged holds a value, and lines that the file does not have; nothing \
                 was done to it: look at {}, and take the value out of what is staged by hand",
                discreet(&file.display().to_string()),
                discreet(&format!("`git diff -- {word}`"))
            )?;
        }
        if args.stage {
            self.index(fix::add, |changed| &mut changed.add)?;
        } else {
            let commands = [
                ("git rm --cached --", "untrack", &self.changed.untrack),
                ("git add --", "stage", &self.changed.add),
            ];
            for (command, what, by_root) in commands {
                let files: Vec<PathBuf> = by_root.values().flatten().cloned().collect();
                if !files.is_empty() {
                    let words = screen::words(&files, &here);
                    writeln!(out, "to {what}: {}", discreet(&format!("{command} {words}")))?;
                }
            }
        }
        for shown in &self.changed.parts {
            let word = leeward_respond::vault::shell(shown);
            writeln!(
                out,
                "`{}` was staged in part: what is staged still holds the value; stage the line \
                 with {}",
                discreet(shown),
                discreet(&format!("git add --patch -- {word}"))
            )?;
        }
        if meant.ignored > 0 {
            let (values, lie) =
                if meant.ignored == 1 { ("value lies", "is") } else { ("values lie", "are") };
            writeln!(
                out,
                "{} {values} in files that Git ignores, and {lie} left there",
                meant.ignored
            )?;
        }
        if meant.is_empty() {
            writeln!(out, "nothing to fix")?;
        } else if self.changed.count > 0 {
            writeln!(
                out,
                "a fix does not take a value out of history: if one was committed or pushed, revoke \
                 it (`leeward scan --record`, then `leeward respond`)"
            )?;
        } else if self.open && !args.apply && !io::stdin().is_terminal() {
            writeln!(out, "nothing was changed: `leeward fix --apply` does it")?;
        }
        let staged = args.stage || meant.staged_only.is_empty();
        Ok(if self.open || !staged { Exit::Found } else { Exit::Clean })
    }
}

/// What a person says to a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
}

/// Asks, unless the answer is known.
struct Answers {
    always: Option<Answer>,
}

impl Answers {
    fn new(args: &args::Fix) -> Self {
        let is_asked = io::stdin().is_terminal() && io::stdout().is_terminal();
        let always = match (args.apply, is_asked) {
            (true, _) => Some(Answer::Yes),
            (false, true) => None,
            (false, false) => Some(Answer::No),
        };
        Self { always }
    }

    fn to(&mut self, change: &Change) -> Result<Answer, Failure> {
        if let Some(answer) = self.always {
            return Ok(answer);
        }
        let mut stderr = io::stderr();
        write!(stderr, "apply to `{}`? [y/N, a: all, q: none more] ", discreet(&change.shown))?;
        stderr.flush()?;
        let mut typed = String::new();
        io::stdin().lock().read_line(&mut typed)?;
        let typed = typed.trim().to_ascii_lowercase();
        let answer = if matches!(&*typed, "y" | "yes" | "a") { Answer::Yes } else { Answer::No };
        if matches!(&*typed, "a" | "q") {
            self.always = Some(answer);
        }
        Ok(answer)
    }
}
