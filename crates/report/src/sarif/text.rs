//! What the messages of a SARIF log say, and the descriptions of other formats
//! that hold one finding in a few sentences.

use leeward_model::SafeText;

use crate::{Guidance, markdown::escape, reach, view::FindingView};

/// A plain text message: links and placeholders are written with brackets and
/// braces, so those of a text are escaped.
pub(super) fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in SafeText::new(text).to_string().chars() {
        match c {
            '[' | ']' => escaped.extend(['\\', c]),
            '{' | '}' => escaped.extend([c, c]),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A foreign path within a message.
pub(super) fn shown(bytes: &[u8]) -> String {
    SafeText::new(bytes).to_string()
}

/// What an alert says. Its first sentence is its title.
pub(crate) fn finding(view: &FindingView<'_>) -> String {
    let finding = view.finding;
    let mut sentences = vec![format!("{} {} is exposed", view.title(), view.hint)];
    if let Some(secret) = &view.secret {
        sentences.push(format!("Secret: {secret}"));
    }
    if let Some(validity) = reach::validity(&view.verification) {
        sentences.push(format!("Live or not: {validity}"));
    }
    if let Some(known) = &view.assessment {
        let identity = reach::belongs_to(known);
        if !identity.is_empty() {
            sentences.push(format!("Belongs to: {identity}"));
        }
        sentences.push(format!("What it reaches: {}", reach::at_a_glance(known)));
        let gaps = reach::not_known(known);
        if !gaps.is_empty() {
            sentences.push(format!("Not known: {gaps}"));
        }
    }
    let level = finding.confidence.level().name();
    sentences.push(because(&format!("Confidence is {level}"), &view.evidence()));
    let severity = finding.severity.level.name();
    sentences.push(because(&format!("Severity is {severity}"), &view.severity_why));
    if !view.exposure.lines.is_empty() {
        sentences.push(format!("Exposure: {}", view.exposure.lines.join("; ")));
    }
    if !view.guidance.next_step.is_empty() {
        sentences.push(format!("Next step: {}", view.guidance.next_step));
    }
    sentences.join(". ") + "."
}

fn because(what: &str, why: &str) -> String {
    if why.is_empty() { what.to_owned() } else { format!("{what}: {why}") }
}

/// What a kind of credential is.
pub(super) fn description(title: &str, guidance: &Guidance) -> String {
    match (guidance.summary.as_str(), guidance.provider.as_str()) {
        ("", "") => format!("A value that looks like a {title} lies in the open."),
        ("", provider) => {
            format!("A value that looks like a {title} of {provider} lies in the open.")
        }
        (summary, _) => format!("A value that looks like a {title} lies in the open. {summary}"),
    }
}

/// What to do about it.
pub(super) fn help(title: &str, guidance: &Guidance) -> String {
    let mut lines = vec![description(title, guidance)];
    for (i, step) in guidance.remediation.iter().enumerate() {
        let url = step.url.as_ref().map(|url| format!(" {url}")).unwrap_or_default();
        let title = step.title.trim_end_matches('.');
        lines.push(format!("{}. {}: {title}. {}{url}", i + 1, step.step, step.text));
    }
    if guidance.remediation.is_empty() && !guidance.next_step.is_empty() {
        lines.push(guidance.next_step.clone());
    }
    lines.join(" ")
}

/// The same as Markdown.
pub(super) fn help_markdown(title: &str, guidance: &Guidance) -> String {
    let mut text = escape::prose(&description(title, guidance));
    text.push_str("\n\n");
    for (i, step) in guidance.remediation.iter().enumerate() {
        let url = step.url.as_deref().map(escape::link).unwrap_or_default();
        let (name, title) =
            (escape::prose(&step.step), escape::prose(step.title.trim_end_matches('.')));
        let body = escape::prose(&step.text);
        text.extend([format!("{}. **{name}**: {title}. {body}{url}\n", i + 1)]);
    }
    if guidance.remediation.is_empty() {
        text.push_str(&escape::prose(&guidance.next_step));
    }
    text
}

/// `mistral-api-key` as `MistralApiKey`, the form of rule names.
pub(super) fn pascal_case(id: &str) -> String {
    let words = id.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words
        .flat_map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(chars)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_hold_no_links_or_placeholders() {
        assert_eq!(plain("[a](b) {0} \x1b"), "\\[a\\](b) {{0}} \\u{{1b}}");
    }

    #[test]
    fn rule_names_are_one_word() {
        assert_eq!(pascal_case("mistral-api-key"), "MistralApiKey");
    }
}
