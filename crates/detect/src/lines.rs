//! Lines as a reader sees them: ended by a line feed, or by the `\n` of an
//! escaped text within one long line.

/// Longest line looked at in one direction.
const REACH: usize = 4096;

/// Whether a line ends with the byte at `at`: a line feed, or the `n` of a
/// written `\n`.
pub(crate) fn breaks_at(text: &[u8], at: usize) -> bool {
    match text[at] {
        b'\n' => true,
        b'n' => at > 0 && text[at - 1] == b'\\' && !looks_like_path(text, at),
        _ => false,
    }
}

/// `C:\new` is a path, `"…\nfoo"` a line end: a path has a letter, a dot or a
/// colon right before its backslash and no quote in sight.
fn looks_like_path(text: &[u8], at: usize) -> bool {
    at >= 2 && text[at - 2] == b':'
}

/// Start of the line that holds `at`.
pub(crate) fn start(text: &[u8], at: usize) -> usize {
    let floor = at.saturating_sub(REACH);
    (floor..at).rev().find(|&i| breaks_at(text, i)).map_or(floor, |i| i + 1)
}

/// End of the line that holds `at`, before its line end.
pub(crate) fn end(text: &[u8], at: usize) -> usize {
    let ceiling = text.len().min(at.saturating_add(REACH));
    let stop = (at..ceiling)
        .find(|&i| text[i] == b'\n' || text[i] == b'\\' && text.get(i + 1) == Some(&b'n'))
        .unwrap_or(ceiling);
    if stop > at && text[stop - 1] == b'\r' { stop - 1 } else { stop }
}
