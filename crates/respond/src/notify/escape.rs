//! Foreign text in the formats of the places that are told: no markup, no
//! link, no mention, nothing that acts on a display. JSON documents whose text
//! nodes are only text (Jira's, the runs of a Teams card) need no more than
//! [`inert`].

use std::fmt::Write as _;

use leeward_model::{SafeText, acts_on_display};
use url::Url;

/// Foreign text on one line, of which nothing acts on a display.
pub(super) fn inert(text: &str) -> String {
    SafeText::new(text).to_string()
}

/// JSON in whose strings nothing acts on a display; it says the same.
pub(super) fn json_visible(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        // A line end is not in a string but between things.
        if acts_on_display(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing into a string does not fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

/// JSON over several lines for reading: nothing is changed but the space
/// between things.
pub(super) fn json_laid_out(json: &str) -> String {
    let (mut shown, mut depth, mut in_string) = (String::new(), 0, false);
    let mut chars = json.chars().peekable();
    let line = |depth: usize| format!("\n{}", "  ".repeat(depth));
    while let Some(c) = chars.next() {
        match c {
            '\\' if in_string => {
                shown.push(c);
                shown.extend(chars.next());
            }
            '"' => {
                in_string = !in_string;
                shown.push(c);
            }
            _ if in_string => shown.push(c),
            '{' | '[' => {
                shown.push(c);
                if matches!(chars.peek(), Some('}' | ']')) {
                    shown.extend(chars.next());
                } else {
                    depth += 1;
                    shown.push_str(&line(depth));
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                shown.push_str(&line(depth));
                shown.push(c);
            }
            ',' => {
                shown.push(c);
                shown.push_str(&line(depth));
            }
            ':' => shown.push_str(": "),
            c => shown.push(c),
        }
    }
    shown
}

/// At most `most` characters: of longer text the beginning and the end, since
/// a path says most there.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let end = most / 2;
    let head: String = text.chars().take(most - end - 1).collect();
    let tail: String = text.chars().skip(length - end).collect();
    format!("{head}…{tail}")
}

/// A web address that can stand in any of the formats, or `None`.
pub(super) fn web_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let plain = matches!(url.scheme(), "https" | "http") && url.as_str().len() <= 1_000;
    let mut address = String::with_capacity(text.len());
    for c in plain.then(|| url.as_str())?.chars() {
        match c {
            '(' | ')' | '[' | ']' | '<' | '>' | '"' | '\'' | '`' | '\\' | '|' | '{' | '}' | '^'
            | '*' | '_' | '~' | '!' | '$' => {
                // Writing into a string does not fail.
                let _ = write!(address, "%{:02X}", u32::from(c));
            }
            c if c.is_ascii_graphic() => address.push(c),
            _ => return None,
        }
    }
    // A host is not written with escapes.
    let host = Url::parse(&address).ok()?.host_str().map(str::to_owned);
    (host.is_some() && host.as_deref() == url.host_str()).then_some(address)
}

/// With web addresses that no program makes a link of.
pub(super) fn unlinked(text: &str) -> String {
    text.replace("://", "[:]//").replace("www.", "www[.]").replace("WWW.", "WWW[.]")
}

/// Foreign text in Slack's mrkdwn.
pub(super) fn slack(text: &str) -> String {
    let text = inert(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('@') {
        shown.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        // Everybody is called by one of these; they stay readable and call nobody.
        let calls = ["channel", "here", "everyone", "group"]
            .iter()
            .any(|word| rest.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word)));
        if calls {
            shown.push('\u{200b}');
        }
    }
    shown.push_str(rest);
    let unpaired = shown.matches('`').count() % 2 == 1;
    if unpaired { shown.replace('`', "'") } else { shown }
}

/// Foreign text as code in Slack's mrkdwn.
pub(super) fn slack_code(text: &str) -> String {
    format!("`{}`", solid(&slack(text).replace('`', "'")))
}

/// Foreign text as code in GitHub's Markdown.
pub(super) fn markdown_code(text: &str) -> String {
    let text = solid(&inert(text));
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A space at both ends is taken off again by the reader.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Foreign text in a sentence of GitHub's Markdown. An entity after `@` and
/// `#`, and instead of the dash of `GH-1`, stops the search for mentions and
/// references in what was rendered.
pub(super) fn markdown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut previous = ' ';
    for (index, c) in unlinked(&inert(text)).chars().enumerate() {
        match c {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '@' => shown.push_str("@&#8203;"),
            '#' => shown.push_str("\\#&#8203;"),
            '-' if matches!(previous, 'h' | 'H') => shown.push_str("&#45;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '~' | '$' | '|' | '{' | '}' | '^' => {
                shown.push('\\');
                shown.push(c);
            }
            // Lists, rules and headings begin so.
            '-' | '+' | '=' if index == 0 => {
                shown.push('\\');
                shown.push(c);
            }
            c => shown.push(c),
        }
        previous = c;
    }
    shown
}

/// Foreign text in the Markdown of an Adaptive Card's text block.
pub(super) fn card_markdown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in unlinked(&card(text)).chars() {
        if matches!(
            c,
            '\\' | '*' | '_' | '[' | ']' | '(' | ')' | '~' | '`' | '#' | '>' | '<' | '!' | '|'
        ) {
            shown.push('\\');
        }
        shown.push(c);
    }
    shown
}

/// Foreign text in an Adaptive Card's text run, where only the functions
/// `{{DATE(…)}}` and `{{TIME(…)}}` mean anything.
pub(super) fn card(text: &str) -> String {
    inert(text).replace("{{", "{\u{200b}{")
}

/// Foreign text in the wiki markup of a Jira of one's own.
pub(super) fn wiki(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in unlinked(&inert(text)).chars() {
        if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | '/' | '\'' | '"' | ';' | '=' | '%')
        {
            shown.push('\\');
        }
        shown.push(c);
    }
    shown
}

/// What would be nothing to see as code.
fn solid(text: &str) -> String {
    if text.trim().is_empty() { "\u{a0}".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_links() {
        let same = "https://a.example/b?c=d#e";
        assert_eq!(web_address(same).as_deref(), Some(same));
        let odd = web_address("https://a.example/x)](javascript:y) |z>").expect("of the web");
        assert_eq!(odd, "https://a.example/x%29%5D%28javascript:y%29%20%7Cz%3E");
        for no in ["javascript:alert(1)", "data:text/html,x", "a.example", "", "https://"] {
            assert_eq!(web_address(no), None, "{no}");
        }
    }

    #[test]
    fn each_format_has_its_own_escapes() {
        assert_eq!(slack("<!here> & @here @me"), "&lt;!here&gt; &amp; @\u{200b}here @me");
        assert_eq!(slack_code("a`b"), "`a'b`");
        assert_eq!(
            markdown("a_b @x GH-1 #2 <i>"),
            "a\\_b @&#8203;x GH&#45;1 \\#&#8203;2 &lt;i&gt;"
        );
        assert_eq!(markdown("- x-y"), "\\- x-y");
        assert_eq!(markdown_code("a`b"), "``a`b``");
        assert_eq!(markdown_code(""), "`\u{a0}`");
        assert_eq!(card_markdown("[x](y) {{DATE(z)}}"), "\\[x\\]\\(y\\) {\u{200b}{DATE\\(z\\)}}");
        assert_eq!(wiki("{code} [~me]"), "\\{code\\} \\[\\~me\\]");
        assert_eq!(unlinked("https://x www.y"), "https[:]//x www[.]y");
    }

    #[test]
    fn long_text_keeps_its_ends() {
        assert_eq!(shorten("abcdefghij", 10), "abcdefghij");
        assert_eq!(shorten("abcdefghijk", 10), "abcd…ghijk");
    }

    #[test]
    fn json_is_laid_out_and_says_the_same() {
        let json = r#"{"a":[],"b":{"c":"x:,{\"y","d":[1,null]}}"#;
        let shown = json_laid_out(json);
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(read(&shown), read(json));
        assert!(shown.starts_with("{\n  \"a\": [],\n  \"b\": {\n    \"c\": "), "{shown}");
    }
}
