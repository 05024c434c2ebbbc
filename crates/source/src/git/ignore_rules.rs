//! The rules of `.gitignore` files, matched as Git does, in time linear in
//! pattern and path whatever the pattern says.

/// The rules of one file, for paths relative to its directory.
#[derive(Clone, Debug, Default)]
pub(super) struct IgnoreRules(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    tokens: Vec<Token>,
    /// The rule takes back what an earlier one ignores.
    negated: bool,
    only_dirs: bool,
    /// Matched against the whole path, not only its last name.
    anchored: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Byte(u8),
    /// `?`
    One,
    /// `[a-z]`: the bytes it stands for.
    Class(Box<[bool; 256]>),
    /// `*`
    Star,
    /// `**/`: any number of directories.
    Dirs,
    /// `/**` at the end: all below.
    Rest,
}

impl IgnoreRules {
    /// Reads a file of rules.
    pub(super) fn parse(text: &[u8]) -> Self {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        Self(text.split(|&byte| byte == b'\n').filter_map(Rule::parse).collect())
    }

    /// What the rules say of a path; `None` if nothing.
    pub(super) fn is_ignored(&self, path: &[u8], is_dir: bool) -> Option<bool> {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        let rule = self.0.iter().rev().find(|rule| {
            (is_dir || !rule.only_dirs)
                && matches(&rule.tokens, if rule.anchored { path } else { name })
        })?;
        Some(!rule.negated)
    }
}

impl Rule {
    fn parse(line: &[u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut pattern = without_trailing_spaces(line);
        if pattern.first() == Some(&b'#') {
            return None;
        }
        let negated = pattern.first() == Some(&b'!');
        pattern = &pattern[usize::from(negated)..];
        let only_dirs = pattern.last() == Some(&b'/');
        pattern = &pattern[..pattern.len() - usize::from(only_dirs)];
        let anchored = pattern.contains(&b'/');
        pattern = pattern.strip_prefix(b"/").unwrap_or(pattern);
        if pattern.is_empty() {
            return None;
        }
        Some(Self { tokens: tokens(pattern, anchored)?, negated, only_dirs, anchored })
    }
}

/// Spaces at the end do not count, unless the last is escaped.
fn without_trailing_spaces(line: &[u8]) -> &[u8] {
    let mut end = line.len();
    while end > 0 && line[end - 1] == b' ' && (end < 2 || line[end - 2] != b'\\') {
        end -= 1;
    }
    &line[..end]
}

/// `None` for a pattern that can match nothing.
fn tokens(pattern: &[u8], anchored: bool) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = pattern.get(at) {
        at += 1;
        tokens.push(match byte {
            b'\\' => {
                at += 1;
                Token::Byte(*pattern.get(at - 1)?)
            }
            b'?' => Token::One,
            b'[' => {
                let (class, len) = class(&pattern[at..])?;
                at += len;
                Token::Class(class)
            }
            b'*' => {
                let stars = pattern[at..].iter().take_while(|&&byte| byte == b'*').count();
                let starts_name = at == 1 || pattern[at - 2] == b'/';
                at += stars;
                match pattern.get(at) {
                    Some(b'/') if anchored && stars > 0 && starts_name => {
                        at += 1;
                        Token::Dirs
                    }
                    None if anchored && stars > 0 && starts_name => Token::Rest,
                    _ => Token::Star,
                }
            }
            byte => Token::Byte(byte),
        });
    }
    Some(tokens)
}

/// Reads a class behind its bracket: its bytes, and how long it is.
fn class(pattern: &[u8]) -> Option<(Box<[bool; 256]>, usize)> {
    let negated = matches!(pattern.first(), Some(b'!' | b'^'));
    let mut at = usize::from(negated);
    let start = at;
    let mut class = Box::new([false; 256]);
    loop {
        let mut byte = *pattern.get(at)?;
        at += 1;
        match byte {
            b']' if at - 1 > start => break,
            b'[' if pattern.get(at) == Some(&b':') => {
                let len = pattern[at + 1..].windows(2).position(|two| two == b":]")?;
                let name = &pattern[at + 1..at + 1 + len];
                (0..=255u8).for_each(|byte| class[usize::from(byte)] |= is_of(name, byte));
                at += len + 3;
                continue;
            }
            b'\\' => {
                byte = *pattern.get(at)?;
                at += 1;
            }
            _ => {}
        }
        let mut last = byte;
        if pattern.get(at) == Some(&b'-') && pattern.get(at + 1).is_some_and(|&b| b != b']') {
            at += 1;
            if pattern[at] == b'\\' {
                at += 1;
            }
            last = *pattern.get(at)?;
            at += 1;
        }
        (byte..=last).for_each(|byte| class[usize::from(byte)] = true);
    }
    if negated {
        class.iter_mut().for_each(|is_in| *is_in = !*is_in);
    }
    class[usize::from(b'/')] = false;
    Some((class, at))
}

fn is_of(class: &[u8], byte: u8) -> bool {
    match class {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"cntrl" => byte.is_ascii_control(),
        b"digit" => byte.is_ascii_digit(),
        b"graph" => byte.is_ascii_graphic(),
        b"lower" => byte.is_ascii_lowercase(),
        b"print" => byte.is_ascii_graphic() || byte == b' ',
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => byte.is_ascii_whitespace() || byte == 0x0b,
        b"upper" => byte.is_ascii_uppercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    }
}

/// Follows all ways through the tokens at once.
fn matches(tokens: &[Token], text: &[u8]) -> bool {
    let mut here = vec![false; tokens.len() + 1];
    here[0] = true;
    let mut next = vec![false; tokens.len() + 1];
    for at in 0..=text.len() {
        let starts_name = at == 0 || text[at - 1] == b'/';
        for (number, token) in tokens.iter().enumerate() {
            let is_optional = match token {
                Token::Star | Token::Rest => true,
                Token::Dirs => starts_name,
                _ => false,
            };
            here[number + 1] |= here[number] && is_optional;
        }
        let Some(&byte) = text.get(at) else { break };
        next.fill(false);
        for (number, token) in tokens.iter().enumerate().filter(|(number, _)| here[*number]) {
            match token {
                Token::Byte(wanted) => next[number + 1] |= *wanted == byte,
                Token::One => next[number + 1] |= byte != b'/',
                Token::Class(class) => next[number + 1] |= class[usize::from(byte)],
                Token::Star => next[number] |= byte != b'/',
                Token::Dirs | Token::Rest => next[number] = true,
            }
        }
        std::mem::swap(&mut here, &mut next);
    }
    here[tokens.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &str, path: &str, expected: Option<bool>) {
        let is_dir = path.ends_with('/');
        let said = IgnoreRules::parse(rules.as_bytes())
            .is_ignored(path.trim_end_matches('/').as_bytes(), is_dir);
        assert_eq!(said, expected, "{rules:?} on {path}");
    }

    #[test]
    fn rules_mean_what_git_says() {
        check("*.env", "a/b/.env", Some(true));
        check("*.env", "a/b/.env.local", None);
        check("/top", "top", Some(true));
        check("/top", "a/top", None);
        check("a/b", "x/a/b", None);
        check("build/", "build", None);
        check("build/", "x/build/", Some(true));
        check("*\n!keep", "keep", Some(false));
        check("# no\n\\#yes", "#yes", Some(true));
        check("**/logs", "a/b/logs", Some(true));
        check("**/logs", "logs", Some(true));
        check("a/**/b", "a/b", Some(true));
        check("a/**/b", "a/x/y/b", Some(true));
        check("a/**", "a/x/y", Some(true));
        check("a/**", "a", None);
        check("a/*", "a/x/y", None);
        check("a**b/c", "axxb/c", Some(true));
        check("file[0-9].[!a]", "file7.b", Some(true));
        check("file[0-9].[!a]", "file7.a", None);
        check("[[:upper:]]x", "Ax", Some(true));
        check("[]-]x", "]x", Some(true));
        check("sp\\ ", "sp ", Some(true));
        check("sp  ", "sp", Some(true));
        check("broken[", "broken[", None);
    }

    #[test]
    fn patterns_cannot_explode() {
        let rules = IgnoreRules::parse("*a".repeat(200).as_bytes());
        assert_eq!(rules.is_ignored("a".repeat(4000).as_bytes(), false), Some(true));
        assert_eq!(rules.is_ignored("b".repeat(4000).as_bytes(), false), None);
    }

    proptest::proptest! {
        #[test]
        fn no_rule_makes_it_panic(rule in "[!\\[\\]^:a-c*?/\\\\ -]{0,20}", path in "[a-c/]{0,12}") {
            IgnoreRules::parse(rule.as_bytes()).is_ignored(path.as_bytes(), true);
        }
    }
}
