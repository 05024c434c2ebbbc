//! Text of foreign origin, made harmless for terminals and logs.
//!
//! File names, commit authors and excerpts are chosen by whoever wrote the
//! scanned data. Escaping for HTML, CSV or Markdown is the formats' own task.

use std::fmt::{self, Write as _};

/// Shows bytes so that none of them can act on a terminal: control characters,
/// escape sequences, bidirectional overrides and invalid UTF-8 appear as
/// `\n`, `\u{1b}` or `\xff`.
#[derive(Clone, Copy)]
pub struct SafeText<'a>(&'a [u8]);

impl<'a> SafeText<'a> {
    /// Wraps foreign bytes, UTF-8 or not.
    pub fn new(bytes: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self(bytes.as_ref())
    }
}

/// Whether a character changes how the text around it is shown. Formats with
/// an escape syntax of their own ask this to know what to escape.
pub fn acts_on_display(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

impl fmt::Display for SafeText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\n' => f.write_str("\\n")?,
                    '\r' => f.write_str("\\r")?,
                    '\t' => f.write_str("\\t")?,
                    c if acts_on_display(c) => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                    c => f.write_char(c)?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for SafeText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_on_the_terminal() {
        let shown = |bytes: &[u8]| SafeText::new(bytes).to_string();
        assert_eq!(shown(b"plain name.txt"), "plain name.txt");
        assert_eq!(shown(b"a\x1b[2Jb\nc\xff"), "a\\u{1b}[2Jb\\nc\\xff");
        assert_eq!(shown("x\u{202e}gpj.exe".as_bytes()), "x\\u{202e}gpj.exe");
        assert_eq!(shown("clé".as_bytes()), "clé");
    }
}
