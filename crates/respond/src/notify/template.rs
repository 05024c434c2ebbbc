//! A text of the user's own in place of ours, with placeholders that are
//! filled with what an alert says. The text around them is the user's and in
//! the format of the place; what is filled in is escaped.

use super::{
    alert::Alert,
    page::{self, Piece},
};

/// What may be filled in.
const NAMES: [&str; 10] = [
    "severity",
    "state",
    "title",
    "hint",
    "place",
    "owner",
    "due",
    "incident",
    "next_step",
    "link",
];

/// A text that was read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Vec<Part>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(&'static str),
}

impl Template {
    /// Reads a text line by line.
    ///
    /// # Errors
    /// A name in braces that is none of ours, in words.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        text.trim_end().lines().map(line).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn fill(&self, alert: &Alert) -> Vec<Vec<Piece>> {
        let part = |part: &Part| match part {
            Part::Text(text) => vec![Piece::Raw(text.clone())],
            Part::Field(name) => field(name, alert),
        };
        self.0.iter().map(|line| line.iter().flat_map(part).collect()).collect()
    }
}

fn line(text: &str) -> Result<Vec<Part>, String> {
    let (mut parts, mut literal, mut rest) = (Vec::new(), String::new(), text);
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        literal.push_str(before);
        let name = after[1..].split_once('}').map(|(name, _)| name).filter(|name| is_name(name));
        let Some(name) = name else {
            literal.push('{');
            rest = &after[1..];
            continue;
        };
        let Some(known) = NAMES.into_iter().find(|known| *known == name) else {
            let names = NAMES.map(|name| format!("`{{{name}}}`")).join(", ");
            return Err(format!("`{{{name}}}` is no placeholder; there are {names}"));
        };
        if !literal.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut literal)));
        }
        parts.push(Part::Field(known));
        rest = &after[name.len() + 2..];
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    Ok(parts)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn field(name: &str, alert: &Alert) -> Vec<Piece> {
    let incident = &alert.incident;
    let text = |text: &str| vec![Piece::Text(text.to_owned())];
    match name {
        "severity" => text(incident.severity.0.name()),
        "state" => text(incident.state.0.name()),
        "title" => text(&incident.title),
        "hint" => vec![Piece::Code(incident.hint.clone())],
        "place" => page::place(incident),
        "owner" => page::owner(incident),
        "due" => text(&incident.due.map_or("no due time".to_owned(), super::wire::Time::minute)),
        "incident" => text(&incident.id.to_string()),
        "next_step" => page::next_step(alert).unwrap_or_else(|| text("nothing")),
        _ => alert.link.as_deref().map_or_else(Vec::new, |to| vec![page::link("dashboard", to)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_known_and_other_braces_are_text() {
        let template = Template::new("{severity}: {title}\n{} {\"a\": 1} {link").expect("good");
        assert_eq!(template.0.len(), 2);
        assert_eq!(
            template.0[0],
            [Part::Field("severity"), Part::Text(": ".to_owned()), Part::Field("title")]
        );
        assert_eq!(template.0[1], [Part::Text("{} {\"a\": 1} {link".to_owned())]);
        let error = Template::new("{value}").expect_err("there is no such thing");
        assert!(
            error.starts_with("`{value}` is no placeholder; there are `{severity}`"),
            "{error}"
        );
    }
}
