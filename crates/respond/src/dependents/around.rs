//! What stands around a name in a text: before and behind it on its line, the
//! field that it is the value of, and the lines near it.

use std::ops::Range;

use super::{
    consumer::By,
    reference::{Name, is_variable},
};

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Longest line that is looked at around a name, to either side.
const REACH: usize = 400;

/// What stands around a name.
pub(super) struct Around<'t> {
    text: &'t [u8],
    span: &'t Range<usize>,
    /// The part of the line before the name, and the part behind it.
    before: &'t [u8],
    after: &'t [u8],
}

impl<'t> Around<'t> {
    pub(super) fn new(text: &'t [u8], span: &'t Range<usize>) -> Self {
        let floor = span.start.saturating_sub(REACH);
        let start =
            memchr::memrchr(b'\n', &text[floor..span.start]).map_or(floor, |at| floor + at + 1);
        let ceiling = text.len().min(span.end + REACH);
        let end =
            memchr::memchr(b'\n', &text[span.end..ceiling]).map_or(ceiling, |at| span.end + at);
        Self { text, span, before: &text[start..span.start], after: &text[span.end..end] }
    }

    /// `$NAME`, `${NAME}`, `$env:NAME`, `%NAME%`, `secrets.NAME` and the like.
    pub(super) fn expanded(&self) -> Option<By> {
        let before = self.before.to_ascii_lowercase();
        let ends = |text: &str| before.ends_with(text.as_bytes());
        let is_set = self.is_set();
        if ["$", "${", "$(", "${!"].into_iter().any(ends) {
            return (!is_set || ends("${")).then_some(By::Variable);
        }
        if ends("env:") || ends("environ/") || ends("env://") {
            return (!is_set).then_some(By::Variable);
        }
        if ends("%") && self.after.first() == Some(&b'%') {
            return Some(By::Variable);
        }
        let chain = before.strip_suffix(b".").map(chain)?;
        let has = |word: &str| chain.split(['.', ':']).any(|part| part.contains(word));
        match () {
            () if is_set => None,
            () if has("secret") => Some(By::Secret),
            () if chain == "var" => Some(By::TerraformVariable),
            () if has("values") => Some(By::HelmValue),
            () if has("env") || has("vars") => Some(By::Variable),
            () if chain.ends_with("settings") || chain.ends_with("config") => Some(By::Variable),
            () => None,
        }
    }

    /// `getenv("NAME")`, `environ['NAME']`, `secretKeyRef` with `key: NAME`.
    pub(super) fn looked_up(&self, name: &Name) -> Option<By> {
        if self.field().as_deref() == Some("key") && self.is_secret_reference(name.of.as_deref()) {
            return Some(By::ManifestKey);
        }
        let unquoted = self.unquoted();
        let opened = unquoted.trim_ascii_end();
        if matches!(opened.last(), Some(b'{' | b','))
            && opened.len() == unquoted.trim_ascii_end().len()
        {
            let line = [self.before, self.after].concat().to_ascii_lowercase();
            let taken = ["process.env", "import.meta.env", "$env/"];
            let is_taken =
                taken.iter().any(|from| memchr::memmem::find(&line, from.as_bytes()).is_some());
            if is_taken && unquoted.len() == self.before.len() {
                return Some(By::Variable);
            }
        }
        let callee = opened.strip_suffix(b"(").or_else(|| opened.strip_suffix(b"["))?;
        let callee = chain(&callee.trim_ascii_end().to_ascii_lowercase());
        let callee = callee.trim_end_matches(['!', '?', '.']);
        let sets = ["setenv", "putenv", "set_var", "setvar", "delenv", "unsetenv"];
        if self.is_set() || sets.iter().any(|set| callee.contains(set)) {
            return None;
        }
        match () {
            () if callee.contains("secret") => Some(By::Secret),
            () if ["env", "userdata", "config", "settings"]
                .iter()
                .any(|at| callee.contains(at)) =>
            {
                Some(By::Variable)
            }
            () => None,
        }
    }

    /// The value of a field whose own name says that it names a variable or a
    /// secret: `api_key_env_var = "NAME"`, `envKey: NAME`.
    pub(super) fn is_named_by_field(&self) -> bool {
        let Some(field) = self.field().filter(|_| !self.is_set()) else { return false };
        let words = words(&field);
        let is_one = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
        is_one(&["env", "envvar", "var", "variable", "environment"]) && words.len() > 1
            || field.eq_ignore_ascii_case("env")
            || field == "id" && memchr::memmem::find(self.before, b"type=secret").is_some()
    }

    /// `-e NAME`, `--env NAME`, `--build-arg NAME`, `ARG NAME`.
    pub(super) fn follows_flag(&self) -> bool {
        let mut words = self.before.trim_ascii_end().rsplit(|byte| byte.is_ascii_whitespace());
        let spaced = self.before.ends_with(b" ") || self.before.ends_with(b"\t");
        let flags: [&[u8]; 4] = [b"-e", b"--env", b"--build-arg", b"ARG"];
        spaced
            && self.after.first() != Some(&b'=')
            && words.next().is_some_and(|flag| flags.contains(&flag))
    }

    /// `- NAME` alone.
    pub(super) fn is_item(&self) -> bool {
        let alone = |text: &[u8]| text.trim_ascii().iter().all(|byte| b"\"'\r".contains(byte));
        let before = self.unquoted().trim_ascii();
        before == b"-" && alone(self.after)
    }

    /// Whether a value is given to the name here.
    fn is_set(&self) -> bool {
        let closed = |byte: &u8| b"\"'`])}\\ \t".contains(byte);
        let rest = self
            .after
            .iter()
            .position(|byte| !closed(byte))
            .map_or(&[][..], |at| &self.after[at..]);
        let reopened = self.after.first().is_some_and(|byte| b":".contains(byte));
        rest.starts_with(b"=") && !rest.starts_with(b"==") && !rest.starts_with(b"=>") && !reopened
    }

    /// What stands before the name and its opening quote.
    fn unquoted(&self) -> &'t [u8] {
        let end =
            self.before.iter().rposition(|byte| !b"\"'`\\".contains(byte)).map_or(0, |at| at + 1);
        &self.before[..end]
    }

    /// The field whose value is the name, if that is how it stands.
    pub(super) fn field(&self) -> Option<String> {
        let before = self.unquoted().trim_ascii_end();
        let before = before.strip_suffix(b":").or_else(|| before.strip_suffix(b"="))?;
        last_name(before.trim_ascii_end())
    }

    /// Whether a secret is referred to on the lines around, and if a name of it
    /// is known, that one.
    fn is_secret_reference(&self, of: Option<&str>) -> bool {
        let kinds = ["secretKeyRef", "secret_key_ref", "SecretKeyRef", "remoteRef", "secretRef"];
        kinds.iter().any(|kind| self.near(kind, 4, 2))
            && of.is_none_or(|of| {
                [format!("name: {of}"), format!("name: \"{of}\""), format!("name = \"{of}\"")]
                    .iter()
                    .any(|text| self.near(text, 4, 3))
            })
    }

    /// Whether a text stands within some lines before and behind.
    pub(super) fn near(&self, wanted: &str, above: usize, below: usize) -> bool {
        let wanted = wanted.as_bytes();
        self.above(above).any(|line| memchr::memmem::find(line, wanted).is_some())
            || memchr::memmem::find(self.before, wanted).is_some()
            || self.below(below).any(|line| memchr::memmem::find(line, wanted).is_some())
    }

    /// The lines above, nearest first.
    fn above(&self, most: usize) -> impl Iterator<Item = &'t [u8]> {
        let start = self.span.start - self.before.len();
        let floor = start.saturating_sub(REACH * 4);
        let text = self.text[floor..start].strip_suffix(b"\n").unwrap_or_default();
        text.rsplit(|byte| *byte == b'\n').take(most)
    }

    fn below(&self, most: usize) -> impl Iterator<Item = &'t [u8]> {
        let end = self.span.end;
        let ceiling = self.text.len().min(end + REACH * 4);
        self.text[end..ceiling].split(|byte| *byte == b'\n').take(most + 1)
    }

    /// The variable that what is read here is handed on as: `ALIAS: ${NAME}`,
    /// or `- name: ALIAS` above a `valueFrom`.
    pub(super) fn alias(&self) -> Option<String> {
        let line = self.before.trim_ascii_start();
        let line = line.strip_prefix(b"- ").unwrap_or(line);
        let line = line.strip_prefix(b"export ").unwrap_or(line);
        let line = line.strip_prefix(b"ENV ").unwrap_or(line);
        let end = line.iter().position(|&byte| !is_word(byte)).unwrap_or(line.len());
        let (own, rest) = line.split_at(end);
        if is_variable(own) && matches!(rest.first(), Some(b':' | b'=' | b' ')) {
            return Some(String::from_utf8_lossy(own).into_owned());
        }
        let holds = matches!(self.line_field().as_str(), "key" | "value" | "name");
        let names = self.above(6).filter_map(|line| {
            let line = line.trim_ascii();
            let line = line.strip_prefix(b"- ").unwrap_or(line);
            let value = line.strip_prefix(b"name")?.trim_ascii_start();
            let value = value.strip_prefix(b":").or_else(|| value.strip_prefix(b"="))?;
            let value = value.trim_ascii();
            let value =
                value.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\"")).unwrap_or(value);
            is_variable(value).then(|| String::from_utf8_lossy(value).into_owned())
        });
        holds.then(|| names.into_iter().next()).flatten()
    }

    /// The field at the start of the line.
    fn line_field(&self) -> String {
        let line = self.before.trim_ascii_start();
        let line = line.strip_prefix(b"- ").unwrap_or(line);
        let end = line.iter().position(|&byte| !is_word(byte)).unwrap_or(line.len());
        String::from_utf8_lossy(&line[..end]).into_owned()
    }
}

/// The run of names, dots and colons at the end of a text.
fn chain(before: &[u8]) -> String {
    let is_in = |byte: &u8| is_word(*byte) || b".:$!?".contains(byte);
    let start = before.iter().rposition(|byte| !is_in(byte)).map_or(0, |at| at + 1);
    String::from_utf8_lossy(&before[start..]).into_owned()
}

fn last_name(text: &[u8]) -> Option<String> {
    let end = text.iter().rposition(|byte| !b"\"'`\\".contains(byte)).map_or(0, |at| at + 1);
    let is_in = |byte: &u8| is_word(*byte) || matches!(byte, b'-' | b'.');
    let start = text[..end].iter().rposition(|byte| !is_in(byte)).map_or(0, |at| at + 1);
    (start < end).then(|| String::from_utf8_lossy(&text[start..end]).into_owned())
}

/// The words of a name, lower-case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        let parts = !letter.is_ascii_alphanumeric();
        let humps = letter.is_ascii_uppercase() && before.is_ascii_lowercase();
        if parts || humps {
            words.push(String::new());
        }
        if !parts && let Some(word) = words.last_mut() {
            word.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}
