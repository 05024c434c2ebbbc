//! Configuration: formats that can refer to a secret do so in their own way,
//! and of those that cannot it is said.

use super::{
    Cannot, Language, Piece, Proposal, Task,
    literal::{Literal, line, line_end, words},
};

pub(super) fn propose(task: &Task<'_>, language: Language) -> Result<Proposal, Cannot> {
    let name = task.name;
    match language {
        Language::Shell if is_taken_literally(task.text, task.span.start) => {
            Err(Cannot::Here(format!(
                "the value stands in a document whose mark is quoted, where `${name}` is no \
                 variable: take the quotes from the mark, or read it elsewhere"
            )))
        }
        Language::Shell => Ok(shell(task)),
        Language::Compose => Ok(in_place(task, &format!("${{{name}:?{name} is not set}}"))),
        Language::Spring => Ok(in_place(task, &format!("${{{name}}}"))),
        Language::Workflow => Ok(workflow(task)),
        Language::LiteLlm => lite_llm(task),
        Language::Kubernetes => kubernetes(task),
        Language::Terraform => terraform(task),
        Language::TerraformValues => Err(Cannot::Refer(format!(
            "a file of Terraform's values cannot refer to anything: remove the line, and set \
             TF_VAR_… in the environment instead ({})",
            task.reference.place
        ))),
        Language::Dotenv => Err(Cannot::Refer(
            "a dotenv file holds values: put the new one there (`env:FILE#NAME`) if Git ignores \
             the file, or remove the line"
                .to_owned(),
        )),
        Language::Notebook => Err(Cannot::Here(format!(
            "a notebook is not edited as text: in its cell, replace the literal by \
             `os.environ[\"{name}\"]`, and clear the outputs that show it"
        ))),
        Language::Json => Err(cannot_refer("JSON", name)),
        Language::Yaml => Err(cannot_refer("this YAML", name)),
        _ => Err(cannot_refer("this format", name)),
    }
}

fn cannot_refer(what: &str, name: &str) -> Cannot {
    Cannot::Refer(format!(
        "{what} cannot refer to a variable: remove the value, have the program read {name} from \
         its environment, or make the file from a template at start and have Git ignore it"
    ))
}

/// The value's place is taken, and the quotes stay.
fn in_place(task: &Task<'_>, new: &str) -> Proposal {
    let Task { text, span, .. } = task;
    // Plain text of YAML would be read otherwise with `: ` or ` #` in it.
    let literal = Literal::around(text, span);
    let is_plain = literal.is_none() && (new.contains(": ") || new.contains(" #"));
    let before = words(text, &(line(text, span.start).start..span.start));
    let is_value = before.trim_end().ends_with([':', '=', '-']);
    let new = if is_plain && is_value { format!("\"{new}\"") } else { new.to_owned() };
    Proposal::one(span.clone(), new)
}

/// Within double quotes, or outside of any, a variable is filled in; single
/// quotes are closed around it.
/// Whether a place lies in a document within a script that the shell leaves as
/// it is, since the word that ends it is quoted: `<<'EOF'`.
fn is_taken_literally(text: &[u8], at: usize) -> bool {
    let mut open: Option<(String, bool)> = None;
    for line in String::from_utf8_lossy(&text[..at]).split_inclusive('\n') {
        if let Some((word, _)) = &open {
            if line.trim_start_matches('\t').trim_end() == word {
                open = None;
            }
        } else if let Some((_, rest)) =
            line.split_once("<<").filter(|(_, rest)| !rest.starts_with('<'))
        {
            let rest = rest.strip_prefix('-').unwrap_or(rest).trim_start();
            let is_quoted = rest.starts_with(['\'', '"', '\\']);
            let word: String = rest
                .trim_start_matches(['\'', '"', '\\'])
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            open = (!word.is_empty()).then_some((word, is_quoted));
        }
    }
    open.is_some_and(|(_, is_quoted)| is_quoted)
}

fn shell(task: &Task<'_>) -> Proposal {
    let Task { text, span, name, .. } = task;
    let literal = Literal::around(text, span);
    let mark = literal.as_ref().map(|literal| text[literal.close.start]);
    match (literal, mark) {
        (Some(literal), Some(b'\'')) => {
            let read = format!("\"${{{name}:?}}\"");
            if literal.parts(text, span).iter().all(|part| part.is_empty()) {
                return Proposal::one(literal.whole, read);
            }
            Proposal::one(span.clone(), format!("'{read}'"))
        }
        (Some(_), Some(b'"')) => Proposal::one(span.clone(), format!("${{{name}:?}}")),
        _ => Proposal::one(span.clone(), format!("\"${{{name}:?}}\"")),
    }
    .noting("the script ends with a message if the variable is not set")
}

fn workflow(task: &Task<'_>) -> Proposal {
    let secret = task.reference.workflow_secret.as_deref();
    let note = match secret {
        Some(_) => String::new(),
        None => format!(
            "the workflow needs a secret of this name: put the value into \
             `github:OWNER/REPO#{}` too",
            task.name
        ),
    };
    let name = secret.unwrap_or(task.name);
    in_place(task, &format!("${{{{ secrets.{name} }}}}")).noting(note)
}

fn lite_llm(task: &Task<'_>) -> Result<Proposal, Cannot> {
    let Task { text, span, name, .. } = task;
    let whole = Literal::around(text, span);
    let is_part = match &whole {
        Some(literal) => literal.parts(text, span).iter().any(|part| !part.is_empty()),
        None => !words(text, &(line(text, span.start).start..span.start)).trim_end().ends_with(':'),
    };
    if is_part {
        return Err(Cannot::Here(format!(
            "`os.environ/{name}` stands for a whole value, and this is a part of one: write it by \
             hand"
        )));
    }
    Ok(Proposal::one(span.clone(), format!("os.environ/{name}")))
}

/// `value: …` of a variable becomes `valueFrom`.
fn kubernetes(task: &Task<'_>) -> Result<Proposal, Cannot> {
    let Task { text, span, reference, .. } = task;
    let kind = document(text, span.start)
        .find_map(|line| line.strip_prefix("kind:").map(|kind| kind.trim().to_owned()))
        .unwrap_or_default();
    if kind == "Secret" {
        return Err(Cannot::Refer(
            "the manifest is the Secret itself, which does not belong into Git in the clear: \
             encrypt it (SOPS, Sealed Secrets), or have it made from a secrets manager (External \
             Secrets)"
                .to_owned(),
        ));
    }
    let Some((secret, key)) = &reference.secret_key else {
        return Err(Cannot::Refer(format!(
            "a manifest refers to values in a Kubernetes Secret: put the new one into \
             `kubernetes:NAMESPACE/NAME#KEY`, not {}",
            reference.place
        )));
    };
    let line = line(text, span.start);
    let before = words(text, &(line.start..span.start));
    let name = before.trim_end_matches(['"', '\'']);
    let Some(column) = name.strip_suffix("value: ").map(str::len) else {
        return Err(Cannot::Here(format!(
            "only the whole `value` of an entry under `env` can refer to a Secret, which {kind} \
             does not have here: move the value into such an entry"
        )));
    };
    let end = literal_end(task);
    if end.is_none_or(|end| !text[end..line.end].trim_ascii().is_empty()) {
        return Err(Cannot::Here(
            "only a whole `value` can refer to a Secret, and this is a part of one: put the whole \
             into the Secret"
                .to_owned(),
        ));
    }
    let (next, indent) = (line_end(text), " ".repeat(column));
    let new = format!(
        "valueFrom:{next}{indent}  secretKeyRef:{next}{indent}    name: {secret}{next}{indent}    \
         key: {key}"
    );
    Ok(Proposal::one(line.start + column..line.end, new))
}

/// Where the literal or the plain value ends, if the value is all of it.
fn literal_end(task: &Task<'_>) -> Option<usize> {
    match Literal::around(task.text, &task.span) {
        Some(literal) => {
            let parts = literal.parts(task.text, &task.span);
            parts.iter().all(|part| part.is_empty()).then_some(literal.whole.end)
        }
        None => Some(task.span.end),
    }
}

/// The lines of the document of YAML around a place.
fn document(text: &[u8], at: usize) -> impl Iterator<Item = &str> {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let at = at.min(text.len());
    let start = text[..at].rfind("\n---").map_or(0, |start| start + 4);
    let end = text[at..].find("\n---").map_or(text.len(), |end| at + end);
    text[start..end].lines()
}

fn terraform(task: &Task<'_>) -> Result<Proposal, Cannot> {
    let Task { text, span, name, reference } = task;
    let literal = Literal::around(text, span).ok_or_else(|| {
        Cannot::Here(
            "the value stands in no literal on one line: replace it by a sensitive variable by hand"
                .to_owned(),
        )
    })?;
    let line = line(text, span.start);
    let before = words(text, &(line.start..literal.whole.start));
    let is_whole = literal.parts(text, span).iter().all(|part| part.is_empty());
    let variable = name.to_ascii_lowercase();
    let set =
        |variable: &str| format!("Terraform takes it from TF_VAR_{variable} ({})", reference.place);
    if before.trim_start().starts_with("default") && is_whole {
        // The default of a variable that is there: without it, it must be set.
        let above = std::str::from_utf8(&text[..line.start]).unwrap_or_default();
        let block = above.lines().rev().find(|line| line.starts_with("variable "));
        let block = block.and_then(|line| line.split('"').nth(1)).unwrap_or(&variable);
        let indent = &before[..before.len() - before.trim_start().len()];
        return Ok(
            Proposal::one(line.clone(), format!("{indent}sensitive = true")).noting(set(block))
        );
    }
    let new = if is_whole { format!("var.{variable}") } else { format!("${{var.{variable}}}") };
    let place = if is_whole { literal.whole } else { span.clone() };
    let proposal = Proposal::one(place, new).noting(set(&variable));
    let declared = format!("variable \"{variable}\"");
    if words(text, &(0..text.len())).contains(&declared) {
        return Ok(proposal);
    }
    let end = line_end(text);
    let gap = if text.ends_with(b"\n") { end.to_owned() } else { end.repeat(2) };
    let block =
        format!("{gap}{declared} {{{end}  type      = string{end}  sensitive = true{end}}}{end}");
    Ok(proposal.and(Piece::new(text.len()..text.len(), block)))
}
