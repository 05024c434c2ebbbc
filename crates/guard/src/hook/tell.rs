//! How people are told what a hook found: a line that says what happened, then
//! at most three for each value, with what to type next. Nothing where there is
//! nothing to say, and never a value.

use leeward_model::{ObjectId, SafeText};

use super::leak::{At, Leak, Verdict};

/// What was about to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A commit.
    Commit,
    /// A commit, whose message is written.
    Message,
    /// A push.
    Push,
}

/// What a line is, for whoever colours it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What happened.
    Stopped,
    /// What happened, and stops nothing.
    Passed,
    /// Where a value lies.
    Place,
    /// What to do.
    Advice,
}

/// A line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub part: Part,
    /// The text, safe to show.
    pub text: String,
}

/// More values than this are counted.
const MOST: usize = 20;

impl Moment {
    /// All of them, in the order in which Git comes to them.
    pub const ALL: [Self; 3] = [Self::Commit, Self::Message, Self::Push];

    /// How people call it.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Commit | Self::Message => "commit",
            Self::Push => "push",
        }
    }

    /// The hook's name.
    pub fn hook(self) -> &'static str {
        match self {
            Self::Commit => "pre-commit",
            Self::Message => "commit-msg",
            Self::Push => "pre-push",
        }
    }
}

/// What there is to say. `stops` says whether what could not be looked at stops
/// it.
pub fn tell(moment: Moment, verdict: &Verdict, stops: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |part, text| lines.push(Line { part, text });
    let noun = moment.noun();
    if !verdict.leaks.is_empty() {
        let count = verdict.leaks.len();
        let (what, it) = match (moment, count) {
            (Moment::Message, _) => ("the commit message holds", "the commit"),
            (Moment::Commit, _) => ("this commit would bring", "it"),
            (Moment::Push, _) => ("this push would hand over", "it"),
        };
        let places =
            if count == 1 { "a key".to_owned() } else { format!("keys in {count} places") };
        add(Part::Stopped, format!("leeward: {what} {places}, so {it} is stopped"));
        for leak in verdict.leaks.iter().take(MOST) {
            add(Part::Place, format!("  {}: {}", place(&leak.at), what_is(leak)));
            for advice in advice(leak) {
                add(Part::Advice, format!("    {advice}"));
            }
        }
        if count > MOST {
            add(Part::Place, format!("  and {} more places", count - MOST));
        }
    }
    for leak in verdict.known.iter().take(MOST) {
        let place = place(&leak.at);
        let text = format!(
            "leeward: {place}: {} is already in history, this commit does not bring it; \
             `leeward scan` says since when",
            what_is(leak)
        );
        add(Part::Passed, text);
    }
    for unopened in verdict.unopened.iter().take(MOST) {
        add(Part::Passed, format!("leeward: not looked into, which stops nothing: {unopened}"));
    }
    if !verdict.troubles.is_empty() {
        let (part, end) = match stops || !verdict.leaks.is_empty() {
            true => (Part::Stopped, "and is stopped"),
            false => (Part::Passed, "and passes, as `guard.on_trouble` says"),
        };
        add(part, format!("leeward: this {noun} could not be looked at in full {end}"));
        for trouble in verdict.troubles.iter().take(MOST) {
            add(Part::Place, format!("  {trouble}"));
        }
        if verdict.troubles.len() > MOST {
            add(Part::Place, format!("  and {} more", verdict.troubles.len() - MOST));
        }
        if part == Part::Stopped && verdict.leaks.is_empty() {
            add(
                Part::Advice,
                format!(
                    "    to let it pass and have that recorded: LEEWARD_BYPASS=\"why\" git {noun}"
                ),
            );
        }
    }
    lines
}

fn what_is(leak: &Leak) -> String {
    let encodings: Vec<&str> = leak.decoded.iter().map(|encoding| encoding.name()).collect();
    let under = if encodings.is_empty() {
        String::new()
    } else {
        format!(", under {}", encodings.join(" and "))
    };
    format!("{} `{}`{under}", SafeText::new(&leak.what), SafeText::new(leak.hint.as_str()))
}

fn place(at: &At) -> String {
    match at {
        At::Staged { path, inside, line } => {
            format!("{}:{line}", SafeText::new(&inside.from(path)))
        }
        At::Name(path) => format!("the name of a staged file, {}", SafeText::new(path)),
        At::Message(line) => format!("line {line} of the message"),
        At::Pushed { path, inside, line, commit } => {
            let path = inside.from(path.as_deref().unwrap_or(b"a file"));
            let path = SafeText::new(&path).to_string();
            match commit {
                Some(commit) => format!("{path}:{line} in commit {}", short(&commit.id)),
                None => format!("{path}:{line}"),
            }
        }
        At::Text(id) => format!("the message of commit {}", short(id)),
        At::Tag(id) => format!("the message of tag {}", short(id)),
    }
}

/// What to type next, and how to accept it.
fn advice(leak: &Leak) -> [String; 2] {
    let accept = format!(
        "accept it: `leeward:ignore why` in a comment there, or in `.leeward-ignore.toml` \
         fingerprint = \"{}\"",
        leak.fingerprint
    );
    let first = match &leak.at {
        At::Staged { path, .. } if is_env(path) => {
            let path = quoted(path);
            format!("keep the file out: `git rm --cached {path}`, and add it to `.gitignore`")
        }
        At::Staged { path, inside, .. } if !inside.is_empty() => {
            format!("make it anew without the key: `git rm --cached {}` until then", quoted(path))
        }
        At::Staged { path, line, .. } => {
            format!("take it out: `leeward fix {}`, then `git add` it", quoted_with(path, *line))
        }
        At::Name(_) => "rename it: `git mv`, to a name without the key".to_owned(),
        At::Message(_) => {
            "take it out: `git commit -e -F \"$(git rev-parse --git-path COMMIT_EDITMSG)\"`"
                .to_owned()
        }
        At::Pushed { commit: Some(commit), .. } => rewrite(&commit.id),
        At::Text(id) => rewrite(id),
        At::Pushed { .. } => "take it out of history before this is pushed, and revoke the key \
             if it ever left this machine"
            .to_owned(),
        At::Tag(_) => "write the tag anew: `git tag -f -a`, and revoke the key if it ever left \
             this machine"
            .to_owned(),
    };
    let accept = match leak.at {
        At::Message(_) | At::Name(_) | At::Text(_) | At::Tag(_) => format!(
            "accept it: in `.leeward-ignore.toml`, with a reason, fingerprint = \"{}\"",
            leak.fingerprint
        ),
        _ => accept,
    };
    [first, accept]
}

fn rewrite(commit: &ObjectId) -> String {
    format!(
        "a new commit does not take it out: `git rebase -i {}^` (`--root` if it is the first commit) \
         and edit that one; revoke the key if it ever left this machine",
        short(commit)
    )
}

/// Whether a file is where values belong that are kept out of history.
fn is_env(path: &[u8]) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    let is_example = |name: &[u8]| {
        let name = name.to_ascii_lowercase();
        [&b"example"[..], b"sample", b"template", b"dist"].iter().any(|word| name.ends_with(word))
    };
    (name == b".env" || name.starts_with(b".env.")) && !is_example(name)
}

fn quoted_with(path: &[u8], line: u64) -> String {
    quoted(&[path, format!(":{line}").as_bytes()].concat())
}

/// A path to be pasted into a shell.
fn quoted(path: &[u8]) -> String {
    // What begins with a dash would be taken for an option.
    let dot = if path.starts_with(b"-") { "./" } else { "" };
    let shown = format!("{dot}{}", SafeText::new(path));
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:,@=%".contains(c);
    if shown.chars().all(is_plain) { shown } else { format!("'{}'", shown.replace('\'', "'\\''")) }
}

fn short(id: &ObjectId) -> String {
    id.to_string().chars().take(10).collect()
}
