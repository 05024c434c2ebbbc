//! The message of a commit, before it is made: what of it will be kept.

use leeward_detect::Scratch;

use super::{
    guarded::Guarded,
    leak::{At, Verdict},
};

/// What Git writes above a part that it will cut off, behind the character of
/// comments.
const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

/// Looks at a message. When it was written in an editor, Git takes out comments
/// and what is below the scissors; otherwise all of it is kept.
pub fn message(text: &[u8], is_edited: bool, guarded: &Guarded) -> Verdict {
    let kept = if is_edited { without_comments(text) } else { text.to_vec() };
    let mut verdict = Verdict::default();
    for mut sighting in guarded.look.at(&kept, None, &mut Scratch::default()) {
        if guarded.counts(&mut sighting, None) {
            let at = At::Message(sighting.start.line);
            verdict.leaks.push(guarded.leak(&sighting, at));
        }
    }
    verdict.sort();
    verdict
}

/// The text up to the scissors, comments emptied: lines keep their numbers.
fn without_comments(text: &[u8]) -> Vec<u8> {
    let is_scissors = |line: &[u8]| {
        let line = line.trim_ascii_end();
        line.len() <= SCISSORS.len() + 4 && line.ends_with(SCISSORS)
    };
    // Whatever stands before the scissors is what comments begin with here.
    let lines = || text.split_inclusive(|&byte| byte == b'\n');
    let scissors = lines().find(|line| is_scissors(line)).map(<[u8]>::trim_ascii_end);
    let comment = scissors.map_or(&b"#"[..], |line| &line[..line.len() - SCISSORS.len()]);
    let mut kept = Vec::with_capacity(text.len());
    for line in lines().take_while(|line| !is_scissors(line)) {
        let is_comment = !comment.is_empty() && line.starts_with(comment);
        kept.extend_from_slice(if is_comment { b"\n" } else { line });
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_cuts_off_is_not_looked_at() {
        let cut = |text: &str| String::from_utf8(without_comments(text.as_bytes())).unwrap();
        assert_eq!(cut("a\n# b\nc\n"), "a\n\nc\n");
        let line = String::from_utf8(SCISSORS.to_vec()).unwrap();
        assert_eq!(cut(&format!("a\n;b\n#c\n;{line}\nd\n")), "a\n\n#c\n");
        assert_eq!(cut(&format!("a\r\n#{line}\r\nd\n")), "a\r\n");
        assert_eq!(cut("a # b"), "a # b");
    }
}
