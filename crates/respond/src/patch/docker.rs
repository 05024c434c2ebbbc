//! Dockerfiles: whatever is in an instruction is in the image, for everyone
//! who has it. A value goes in by a secret mount while it is built, and by the
//! environment when it runs.

use super::{
    Cannot, Piece, Proposal, Task,
    literal::{Literal, line, words},
};

pub(super) fn propose(task: &Task<'_>) -> Result<Proposal, Cannot> {
    let Task { text, span, name, .. } = task;
    let first = instruction(text, span.start);
    let line = line(text, span.start);
    let start = words(text, &(first..text.len())).trim_start();
    let word = start.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    let rest = words(text, &(first..span.start));
    let one = first == line.start && rest.matches('=').count() <= 1;
    match word.as_str() {
        "ENV" if one && ends_here(task, line.end) => {
            let end = line.end
                + text[line.end..].iter().take_while(|&&b| b"\r\n".contains(&b)).count().min(2);
            let end = text[line.end..end]
                .iter()
                .position(|&b| b == b'\n')
                .map_or(end, |n| line.end + n + 1);
            Ok(Proposal::one(line.start..end, "").noting(format!(
                "an image must not hold the value: hand it over when the container starts \
                 (`docker run --env {name}`)"
            )))
        }
        "ARG" if one && ends_here(task, line.end) => {
            let equals = first + rest.find('=').unwrap_or(rest.len());
            let end = literal_end(task);
            Ok(Proposal::one(equals..end, "").noting(format!(
                "arguments are seen in the image's history too: prefer `RUN \
                 --mount=type=secret,id={name},env={name}`, built with `docker build --secret \
                 id={name},env={name}`"
            )))
        }
        "RUN" if !rest.contains("--mount=type=secret") => {
            let place = first + rest.len() - rest.trim_start().len() + word.len();
            let mount = format!(" --mount=type=secret,id={name},env={name}");
            Ok(variable(task).and(Piece::new(place..place, mount)).noting(format!(
                "the build is given the value by `docker build --secret id={name},env={name}`"
            )))
        }
        "CMD" | "ENTRYPOINT" | "HEALTHCHECK" if !rest.contains('[') => Ok(variable(task)
            .noting(format!("the container is given the value by `docker run --env {name}`"))),
        _ => Err(Cannot::Here(format!(
            "`{word}` cannot refer to a secret: have the program read {name} from its environment"
        ))),
    }
}

/// Where the instruction begins that a line is of: lines that end in a
/// backslash go on.
fn instruction(text: &[u8], at: usize) -> usize {
    let mut start = line(text, at).start;
    while start > 0 {
        let above = line(text, start - 1);
        if !words(text, &above).trim_end().ends_with('\\') {
            break;
        }
        start = above.start;
    }
    start
}

fn literal_end(task: &Task<'_>) -> usize {
    Literal::around(task.text, &task.span).map_or(task.span.end, |literal| literal.whole.end)
}

/// Whether nothing follows the value on its line.
fn ends_here(task: &Task<'_>, line_end: usize) -> bool {
    task.text[literal_end(task)..line_end].trim_ascii().is_empty()
}

/// A variable of the shell that the instruction is run by.
fn variable(task: &Task<'_>) -> Proposal {
    let Task { text, span, name, .. } = task;
    let literal = Literal::around(text, span);
    match literal.map(|literal| text[literal.close.start]) {
        Some(b'\'') => Proposal::one(span.clone(), format!("'\"${{{name}:?}}\"'")),
        Some(b'"') => Proposal::one(span.clone(), format!("${{{name}:?}}")),
        _ => Proposal::one(span.clone(), format!("\"${{{name}:?}}\"")),
    }
}
