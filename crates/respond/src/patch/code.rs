//! Programming languages: a literal becomes an expression that reads a
//! variable of the environment. A value within a longer literal splits it in
//! two, which the language joins again.

use super::{
    Cannot, Language, Piece, Proposal, Task, import,
    literal::{Literal, line, words},
};

pub(super) fn propose(task: &Task<'_>, language: Language) -> Result<Proposal, Cannot> {
    let Task { text, span, name, .. } = task;
    let literal = Literal::around(text, span).ok_or_else(|| {
        Cannot::Here(format!(
            "the value stands in no literal on one line: replace it by `{}` by hand",
            expression(language, name)
        ))
    })?;
    let line = line(text, span.start);
    let before = words(text, &(line.start..literal.whole.start));
    if let Some(why) = is_no_expression(task, language, &literal, before) {
        return Err(Cannot::Here(format!(
            "{why}: `{}` has to go elsewhere",
            expression(language, name)
        )));
    }
    let declaration = declaration(language, before, line.start, name)?;
    let parts = literal.parts(text, span);
    let is_whole = parts.iter().all(|part| part.is_empty());
    let open = words(text, &literal.open);
    let mut note = note(language);
    let mut new = match language {
        // Spring fills these in itself.
        Language::Java | Language::Kotlin if before.trim_start().starts_with("@Value(") => {
            return Ok(Proposal::one(span.clone(), format!("${{{name}}}")));
        }
        Language::Java if before.trim_start().starts_with('@') => {
            return Err(Cannot::Here(
                "an annotation holds constants only: give the value where the program starts"
                    .to_owned(),
            ));
        }
        Language::Rust if !is_whole => formatted(parts, name),
        _ if is_whole => expression(language, name),
        _ => joined(language, &literal, parts, task),
    };
    match language {
        Language::Python if open.to_ascii_lowercase().contains('b') => new.push_str(".encode()"),
        Language::Rust if open.contains('b') => new.push_str(".into_bytes()"),
        // Where text is lent: the compiler says if it does not live long enough.
        Language::Rust
            if !text[literal.whole.end..].starts_with(b".") && !before.ends_with("from(") =>
        {
            new.insert(0, '&');
        }
        _ => {}
    }
    if is_jsx(language, before) {
        new = format!("{{{new}}}");
    }
    let mut proposal = Proposal::one(literal.whole.clone(), new);
    if let Some((piece, said)) = declaration {
        note =
            [said, note].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
        proposal = proposal.and(piece);
    }
    proposal = proposal.noting(note);
    if let Some((piece, import)) = import::missing(text, language) {
        proposal.import = Some(import);
        proposal = proposal.and(piece);
    }
    Ok(proposal)
}

/// Why no expression may stand where a literal stands.
fn is_no_expression(
    task: &Task<'_>,
    language: Language,
    literal: &Literal,
    before: &str,
) -> Option<&'static str> {
    let text = task.text;
    let next = text[literal.whole.end..].iter().find(|byte| !b" \t".contains(byte)).copied();
    let is_beside = before.trim_end().ends_with(['"', '\'']) || matches!(next, Some(b'"' | b'\''));
    let first = before.trim_start();
    match language {
        Language::Python if is_beside => {
            Some("literals beside one another are one, and an expression is none of them")
        }
        Language::Python | Language::Java | Language::CSharp if first.starts_with("case ") => {
            Some("what is compared with here must be a constant")
        }
        Language::CSharp if first.starts_with('[') => Some("an attribute holds constants only"),
        Language::TypeScript if before.trim_end().ends_with(':') && next == Some(b'=') => {
            Some("it is a type here")
        }
        _ => None,
    }
}

/// Whether the literal is the value of an attribute in a tag.
fn is_jsx(language: Language, before: &str) -> bool {
    let is_tag = |at: usize| {
        let tag = &before[at + 1..];
        tag.starts_with(|c: char| c.is_ascii_alphabetic()) && !tag.contains('>')
    };
    matches!(language, Language::JavaScript | Language::TypeScript)
        && before
            .strip_suffix('=')
            .is_some_and(|name| name.ends_with(|c: char| c.is_alphanumeric()))
        && before.rfind('<').is_some_and(is_tag)
}

/// What reads a variable.
fn expression(language: Language, name: &str) -> String {
    match language {
        Language::Python => format!("os.environ[\"{name}\"]"),
        Language::JavaScript => format!("process.env.{name}"),
        Language::TypeScript => format!("process.env.{name}!"),
        Language::Go => format!("os.Getenv(\"{name}\")"),
        Language::Rust => rust(name),
        Language::Java | Language::Kotlin => format!("System.getenv(\"{name}\")"),
        Language::CSharp => format!("System.Environment.GetEnvironmentVariable(\"{name}\")"),
        Language::Ruby => format!("ENV.fetch(\"{name}\")"),
        _ => format!("getenv('{name}')"),
    }
}

/// In pieces, so that nobody takes it for a look into our own environment.
fn rust(name: &str) -> String {
    format!("{}(\"{name}\").expect(\"{name} is not set\")", ["std", "env", "var"].join("::"))
}

fn note(language: Language) -> String {
    match language {
        Language::JavaScript | Language::TypeScript => {
            "code that runs in a browser must not have the value at all: ask for it by way of a \
             server"
        }
        Language::Go | Language::Php => {
            "without the variable the value is empty: check for that where the program starts"
        }
        Language::Java | Language::CSharp => {
            "without the variable the value is `null`: check for that where the program starts"
        }
        _ => "",
    }
    .to_owned()
}

/// The two halves of a literal and the value between them.
fn joined(language: Language, literal: &Literal, parts: [&[u8]; 2], task: &Task<'_>) -> String {
    let [before, after] = parts.map(|part| {
        let [open, close] = [&literal.open, &literal.close].map(|range| &task.text[range.clone()]);
        (!part.is_empty())
            .then(|| String::from_utf8_lossy(&[open, part, close].concat()).into_owned())
    });
    let plus = if language == Language::Php { " . " } else { " + " };
    let terms = [before, Some(expression(language, task.name)), after];
    format!("({})", terms.into_iter().flatten().collect::<Vec<_>>().join(plus))
}

fn formatted(parts: [&[u8]; 2], name: &str) -> String {
    let [before, after] =
        parts.map(|part| String::from_utf8_lossy(part).replace('{', "{{").replace('}', "}}"));
    format!("format!(\"{before}{{}}{after}\", {})", rust(name))
}

/// A declaration of a constant, which can hold no expression: how it becomes
/// one that can, and what to say of it.
fn declaration(
    language: Language,
    before: &str,
    start: usize,
    name: &str,
) -> Result<Option<(Piece, String)>, Cannot> {
    let at = |word: &str| {
        let found = before.find(word)?;
        let is_start = found == 0 || !before.as_bytes()[found - 1].is_ascii_alphanumeric();
        is_start.then(|| start + found..start + found + word.len())
    };
    let swap = |from: &str, to: &str, said: &str| {
        at(from).map(|span| (Piece::new(span, to), said.to_owned()))
    };
    Ok(match language {
        Language::Go if before.starts_with("const (") => return Err(in_block(name)),
        Language::Go => swap("const ", "var ", "the constant is a variable now"),
        Language::Rust if at("const ").or_else(|| at("static ")).is_some() => {
            return Err(Cannot::Here(format!(
                "a constant cannot read the environment: make it `static {name}: \
                 std::sync::LazyLock<String>`, filled by `{}`",
                rust(name)
            )));
        }
        Language::Kotlin => swap("const val ", "val ", "the constant is read at run time now"),
        Language::CSharp => {
            let trimmed = before.trim_start();
            let is_member = ["public", "private", "internal", "protected"]
                .iter()
                .any(|word| trimmed.starts_with(word));
            let to = if is_member { "static readonly " } else { "" };
            swap("const ", to, "the constant is read at run time now")
        }
        Language::Php if at("const ").is_some() || is_php_property(before) => {
            return Err(Cannot::Here(format!(
                "a class's constant or default cannot call anything: set it in the constructor, by \
                 `{}`",
                expression(language, name)
            )));
        }
        _ => None,
    })
}

fn in_block(name: &str) -> Cannot {
    Cannot::Here(format!(
        "a block of constants cannot read the environment: declare it as `var`, by \
         `os.Getenv(\"{name}\")`"
    ))
}

fn is_php_property(before: &str) -> bool {
    let first = before.split_whitespace().next().unwrap_or_default();
    matches!(first, "public" | "private" | "protected" | "static" | "readonly" | "var")
        && !before.contains('(')
}
