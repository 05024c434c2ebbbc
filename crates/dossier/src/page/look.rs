//! The two sections on recognising a credential: what one looks like, and what
//! keeps look-alikes apart.

use std::fmt::{self, Formatter};

use super::{code, codes, example, prose};
use crate::schema::{Alphabet, Class, Detect, DossierFile, Pattern, Shape, Token};

pub(super) fn appearance(f: &mut Formatter<'_>, dossier: &DossierFile) -> fmt::Result {
    let detect = &dossier.detect;
    writeln!(f, "## What it looks like\n")?;
    match &detect.shape {
        Shape::Token(shape) => token(f, shape)?,
        Shape::Pattern(shape) => pattern(f, shape)?,
    }
    if let Some(companion) = &detect.companion {
        let (role, regex) = (code(&companion.role), code(&companion.regex));
        writeln!(f, "Its other half, the `{role}`, matches `{regex}` and lies near it.\n")?;
    }
    list(f, "Names of variables that hold it", &detect.names)?;
    list(f, "Files it is often found in", &detect.files)?;
    writeln!(f, "Examples:\n")?;
    let examples = dossier.examples.iter().filter(|example| example.found);
    examples.into_iter().try_for_each(|one| example::shown(f, one, detect))
}

pub(super) fn told_apart(f: &mut Formatter<'_>, dossier: &DossierFile) -> fmt::Result {
    let detect = &dossier.detect;
    let evidence = &detect.evidence;
    writeln!(f, "## How it is told from others\n")?;
    match &detect.shape {
        Shape::Token(_) => writeln!(
            f,
            "Nothing in the value says whose it is. What it is bound to and what stands around it \
             decides.\n"
        )?,
        Shape::Pattern(_) => writeln!(f, "The value carries its own mark and is known alone.\n")?,
    }
    list(f, "Words in names that speak for it", &evidence.words)?;
    list(f, "One of these words must stand beside them", &evidence.only_with)?;
    list(f, "Hosts that speak for it", &evidence.hosts)?;
    list(f, "Products that speak for it", &evidence.products)?;
    list(f, "Words that make such a name mean something else", &evidence.not_with)?;
    if let Some(companion) = &detect.companion {
        let within = companion.within;
        writeln!(f, "The other half must lie within {within} bytes.\n")?;
        list(f, "The name of the secret must hold one of", &companion.secret_names)?;
    }
    lookalikes(f, dossier)?;
    published(f, detect)?;
    if let Some(loose) = &detect.loose {
        writeln!(f, "A documented pattern too loose to trust, at low confidence only:\n")?;
        writeln!(f, "```text\n{}\n```\n", code_block(&loose.regex))?;
        writeln!(f, "{}\n", prose(&loose.why))?;
    }
    Ok(())
}

fn token(f: &mut Formatter<'_>, token: &Token) -> fmt::Result {
    write!(
        f,
        "Exactly {} {}, without a mark of its own",
        token.length,
        characters(token.alphabet)
    )?;
    let classes: Vec<&str> = token.classes.iter().map(|&class| class_name(class)).collect();
    if !classes.is_empty() {
        write!(f, "; among them always {}", classes.join(" and "))?;
    }
    writeln!(f, ".\n")
}

fn pattern(f: &mut Formatter<'_>, pattern: &Pattern) -> fmt::Result {
    writeln!(f, "At most {} characters that match:\n", pattern.longest)?;
    writeln!(f, "```text\n{}\n```\n", code_block(&pattern.regex))
}

fn lookalikes(f: &mut Formatter<'_>, dossier: &DossierFile) -> fmt::Result {
    let others = dossier.examples.iter().filter(|example| !example.found);
    let names: Vec<String> = others.map(|example| prose(&example.name)).collect();
    writeln!(f, "Not this type: {}.\n", names.join("; "))
}

fn published(f: &mut Formatter<'_>, detect: &Detect) -> fmt::Result {
    match detect.published_examples.len() {
        0 => Ok(()),
        1 => writeln!(f, "One value that the provider published as an example is known.\n"),
        many => writeln!(f, "{many} values that the provider published as examples are known.\n"),
    }
}

fn list(f: &mut Formatter<'_>, title: &str, items: &[String]) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}: {}.\n", codes(items.iter().map(String::as_str)))
}

/// What characters of an alphabet are called.
pub(super) fn characters(alphabet: Alphabet) -> &'static str {
    match alphabet {
        Alphabet::Alphanumeric => "letters and digits",
        Alphabet::Base64 => "base64 characters",
        Alphabet::Hex => "hexadecimal digits",
    }
}

fn class_name(class: Class) -> &'static str {
    match class {
        Class::Upper => "an upper-case letter",
        Class::Lower => "a lower-case letter",
        Class::Digit => "a digit",
    }
}

/// A line inside a fence, where backticks and brackets are themselves.
fn code_block(line: &str) -> String {
    leeward_model::SafeText::new(line).to_string()
}
