//! The lines of shell that call Leeward: a block between two marks, to stand in
//! a script of its own or in somebody else's. It runs in any `sh`, those of
//! macOS and of Git for Windows among them, says so where `leeward` is missing
//! or too old, and never passes without a word.

use std::path::Path;

use super::tell::Moment;

/// The layout of the block; one that says less is replaced by `install`.
pub const LAYOUT: u32 = 1;

/// How the first line of a block begins.
const BEGIN: &str = "# begin leeward hook ";
/// Its last line.
const END: &str = "# end leeward hook";
/// Stands in the first line where the whole file is ours.
const OURS: &str = "this file is leeward's own";
/// Stands in it where the file calls one that was put aside.
const ASIDE: &str = "the hook that was here is in a file beside it";

/// What the block is written for.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Where `leeward` is, for when it is not on the PATH; absent in files that
    /// others share.
    pub program: Option<&'a Path>,
    /// Whether a change passes while `leeward` is missing or too old.
    pub passes_if_missing: bool,
}

/// How a script stands to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Not ours, and without a block.
    Foreign,
    /// Somebody's, with our block of this layout.
    Shared(u32),
    /// Ours, of this layout.
    Own(u32),
    /// Ours, and the one that was there is called by it.
    Chained(u32),
}

impl Kind {
    /// Reads a script.
    pub(super) fn of(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let Some(line) = text.lines().find(|line| line.starts_with(BEGIN)) else {
            return Self::Foreign;
        };
        let rest = &line[BEGIN.len()..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let layout = rest[..digits].parse().unwrap_or(0);
        match line {
            line if line.contains(ASIDE) => Self::Chained(layout),
            line if line.contains(OURS) => Self::Own(layout),
            _ => Self::Shared(layout),
        }
    }
}

/// A script of our own.
pub(super) fn whole(moment: Moment, wanted: &Wanted<'_>) -> String {
    format!("#!/bin/sh\n{}", block(moment, wanted, OURS, false))
}

/// A script of our own that calls the one that was there.
pub(super) fn chained(moment: Moment, wanted: &Wanted<'_>) -> String {
    let call = format!(
        "leeward_before=$(dirname \"$0\")/{}.before-leeward\n\
         [ ! -x \"$leeward_before\" ] || exec \"$leeward_before\" \"$@\"\n",
        moment.hook()
    );
    format!("#!/bin/sh\n{}{call}", block(moment, wanted, ASIDE, true))
}

/// A script for `core.hooksPath`: it calls the repository's own hook of that
/// name, and stands before it where it is one of ours.
pub(super) fn global(hook: &str, moment: Option<Moment>, wanted: &Wanted<'_>) -> String {
    let block = match moment {
        Some(moment) => block(moment, wanted, OURS, true),
        None => format!("{BEGIN}{LAYOUT}: {OURS}\n{END}\n"),
    };
    format!(
        "#!/bin/sh\n{block}\
         # a repository's own hook still runs\n\
         leeward_dir=${{GIT_DIR:-.git}}\n\
         if [ ! -d \"$leeward_dir\" ] || [ -f \"$leeward_dir/commondir\" ]; then\n\
         \x20 leeward_dir=$(git rev-parse --git-common-dir) || exit 1\n\
         fi\n\
         [ ! -x \"$leeward_dir/hooks/{hook}\" ] || exec \"$leeward_dir/hooks/{hook}\" \"$@\"\n"
    )
}

/// Whether a script is one for a shell that the block runs in.
pub(super) fn is_shell(text: &[u8]) -> bool {
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let Some(command) = line.strip_prefix(b"#!") else { return false };
    let command = String::from_utf8_lossy(command);
    let mut words = command.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let program = words.next().unwrap_or_default();
    let is_env = program == "env";
    let program = if is_env { words.find(|word| !word.starts_with('-')) } else { Some(program) };
    let shells = ["sh", "bash", "dash", "ksh", "zsh", "ash", "sh.exe", "bash.exe"];
    program.is_some_and(|program| shells.contains(&program))
        && std::str::from_utf8(text).is_ok()
        && !text.contains(&b'\r')
}

/// A script with the block behind its first line if that names a program, and
/// before everything else otherwise.
pub(super) fn with_block(text: &str, moment: Moment, wanted: &Wanted<'_>) -> String {
    let at =
        if text.starts_with("#!") { text.find('\n').map_or(text.len(), |at| at + 1) } else { 0 };
    let gap = if at > 0 && !text[..at].ends_with('\n') { "\n" } else { "" };
    let block = block(moment, wanted, "added by `leeward hook install`", true);
    format!("{}{gap}{block}{}", &text[..at], &text[at..])
}

/// A script without the block.
pub(super) fn without_block(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        inside |= line.starts_with(BEGIN);
        if !inside {
            kept.push_str(line);
        }
        inside &= line.trim_end() != END;
    }
    kept
}

/// The block. Where more of a script follows, it finds its input as Git gave
/// it.
fn block(moment: Moment, wanted: &Wanted<'_>, what: &str, goes_on: bool) -> String {
    let (hook, noun) = (moment.hook(), moment.noun());
    let path = wanted.program.map(|path| path.to_string_lossy().replace('\\', "/"));
    let otherwise = path.as_deref().map_or("''".to_owned(), quoted);
    let (before, input, after) = match moment {
        Moment::Push => (
            "leeward_input=$(cat)\n",
            "printf '%s\\n' \"$leeward_input\" | ",
            "if [ -n \"$leeward_input\" ]; then\n  exec <<leeward_end\n$leeward_input\nleeward_end\n\
             else\n  exec </dev/null\nfi\n",
        ),
        _ => ("", "", ""),
    };
    let after = if goes_on { after } else { "" };
    let (end, stop) = match wanted.passes_if_missing {
        true => ("it passes, as this hook was installed to do", ""),
        false => ("it is stopped", "; exit 1"),
    };
    let place = if path.is_some() { " nor at $leeward_else" } else { "" };
    format!(
        "{BEGIN}{LAYOUT}: {what}; `leeward hook uninstall` takes it out\n\
         {before}\
         leeward_else={otherwise}\n\
         leeward=leeward\n\
         command -v leeward >/dev/null 2>&1 || leeward=$leeward_else\n\
         leeward_code=0\n\
         if command -v \"$leeward\" >/dev/null 2>&1; then\n\
         \x20 {input}\"$leeward\" hook {hook} \"$@\" || leeward_code=$?\n\
         \x20 leeward_why=\"$leeward ended with code $leeward_code: is it too old for this hook? \
         \\`leeward --version\\` and \\`leeward hook install\\` help\"\n\
         else\n\
         \x20 leeward_code=127\n\
         \x20 leeward_why=\"leeward is not on the PATH{place}: install it, or delete the lines from \
         'begin leeward' to 'end leeward' in $0\"\n\
         fi\n\
         case $leeward_code in\n\
         \x20 0) ;;\n\
         \x20 1 | 3) exit 1 ;;\n\
         \x20 *) echo \"leeward: this {noun} was not looked at, {end}. $leeward_why\" >&2{stop} ;;\n\
         esac\n\
         {after}\
         {END}\n"
    )
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'_> = Wanted { program: None, passes_if_missing: false };

    #[test]
    fn a_block_is_taken_out_to_the_byte() {
        for text in
            ["#!/bin/sh\n\nexec true\n", "#!/usr/bin/env bash\nno newline", "npm test\n", ""]
        {
            for moment in [Moment::Commit, Moment::Push, Moment::Message] {
                let with = with_block(text, moment, &WANTED);
                assert_eq!(Kind::of(with.as_bytes()), Kind::Shared(LAYOUT));
                assert_eq!(without_block(&with), text);
            }
        }
    }

    #[test]
    fn own_scripts_are_told_apart() {
        let kind = |text: String| Kind::of(text.as_bytes());
        assert_eq!(kind(whole(Moment::Push, &WANTED)), Kind::Own(LAYOUT));
        assert_eq!(kind(chained(Moment::Push, &WANTED)), Kind::Chained(LAYOUT));
        assert_eq!(kind(global("post-merge", None, &WANTED)), Kind::Own(LAYOUT));
        assert_eq!(Kind::of(b"#!/bin/sh\nexit 0\n"), Kind::Foreign);
    }

    #[test]
    fn shells_are_known() {
        for text in
            ["#!/bin/sh\n", "#! /usr/bin/env -S bash -e\n", "#!/bin/bash -e", "#!/usr/bin/zsh\n"]
        {
            assert!(is_shell(text.as_bytes()), "{text}");
        }
        for text in ["", "exit 0\n", "#!/usr/bin/env python3\n", "#!/bin/sh\r\n", "\x7fELF"] {
            assert!(!is_shell(text.as_bytes()), "{text}");
        }
    }
}
