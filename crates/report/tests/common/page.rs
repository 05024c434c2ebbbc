//! A page taken apart without a browser: its tags in order, checked to close in
//! their turn, and what stands between two texts.

use std::collections::BTreeMap;

/// Elements that have no end.
pub(crate) const VOID: [&str; 3] = ["meta", "input", "!DOCTYPE"];
/// All that the page is made of.
pub(crate) const ELEMENTS: &str = "a b body button caption code dd desc details div dl dt fieldset figcaption \
    figure footer form h1 h2 h3 h4 head header html input label legend li main mark meta ol option \
    output p path pre rect s script section select small span strong style summary svg table tbody \
    td text th thead time title tr ul";
/// None of them loads anything or runs anything.
pub(crate) const ATTRIBUTES: &str = "aria-hidden aria-label aria-labelledby aria-live autocomplete charset \
    class content d data-do data-kind data-label data-severity data-validity datetime height hidden \
    href http-equiv id lang name open placeholder rel role rx scope spellcheck tabindex title type \
    value viewBox width x y";

#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Tag {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// What stands between two texts, the first time they are met.
pub(crate) fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap() + from.len();
    &text[start..start + text[start..].find(to).unwrap()]
}

/// The page without the texts of its style and its script, which are no
/// markup.
pub(crate) fn markup(page: &str) -> String {
    let page = page.replace(between(page, "<style>", "</style>"), "");
    if !page.contains("<script>") {
        return page;
    }
    page.replace(between(&page, "<script>", "</script>"), "")
}

/// Every tag in order, having checked that each closes in its turn.
pub(crate) fn tags(page: &str) -> Vec<Tag> {
    let markup = markup(page);
    let (mut tags, mut open) = (Vec::new(), Vec::new());
    let mut rest = markup.as_str();
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a stray > in {}", &rest[..at]);
        let end = rest.find('>').unwrap();
        let inner = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = inner.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closes what is not open");
            continue;
        }
        let (name, attributes) = inner.split_once(' ').unwrap_or((inner, ""));
        if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
        tags.push(Tag { name: name.to_owned(), attributes: parsed(attributes) });
    }
    assert!(open.is_empty(), "still open: {open:?}");
    tags
}

fn parsed(mut text: &str) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    while !text.trim().is_empty() {
        text = text.trim_start();
        let end = text.find(['=', ' ']).unwrap_or(text.len());
        let name = text[..end].to_owned();
        text = &text[end..];
        let mut value = "";
        if let Some(quoted) = text.strip_prefix("=\"") {
            let end = quoted.find('"').unwrap();
            value = &quoted[..end];
            text = &quoted[end + 1..];
        }
        assert!(attributes.insert(name, value.to_owned()).is_none(), "twice the same attribute");
    }
    attributes
}

pub(crate) fn is_in(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|known| known == name)
}

/// The bytes that a base64 text stands for.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for c in text.trim_end_matches('=').chars() {
        bits = bits << 6 | u32::try_from(digits.find(c).unwrap()).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 255).unwrap());
        }
    }
    bytes
}
