//! Markdown that dossiers are written as, as markup. A dossier may be a user's own:
//! nothing in it is markup of the page, and only addresses of the web are links.

use maud::{Markup, PreEscaped, Render as _, html};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::parts;

/// A text as markup.
pub(super) fn show(text: &str) -> Markup {
    let mut out = String::with_capacity(text.len() * 2);
    let mut in_head = false;
    // Links that are not followed end without a mark.
    let mut links = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(tag) => match tag {
                Tag::Link { dest_url, .. } => {
                    let is_web =
                        dest_url.starts_with("https://") || dest_url.starts_with("http://");
                    links.push(is_web);
                    if is_web {
                        let escaped = html! { (dest_url.as_ref()) }.into_string();
                        out.push_str("<a rel=\"noreferrer noopener\" href=\"");
                        out.push_str(&escaped);
                        out.push_str("\">");
                    }
                }
                Tag::TableHead => {
                    in_head = true;
                    out.push_str("<thead><tr>");
                }
                Tag::TableCell => out.push_str(if in_head { "<th scope=\"col\">" } else { "<td>" }),
                tag => out.push_str(opening(&tag)),
            },
            Event::End(tag) => match tag {
                TagEnd::Link => {
                    if links.pop() == Some(true) {
                        out.push_str("</a>");
                    }
                }
                TagEnd::TableHead => {
                    in_head = false;
                    out.push_str("</tr></thead>");
                }
                TagEnd::TableCell => out.push_str(if in_head { "</th>" } else { "</td>" }),
                tag => out.push_str(closing(tag)),
            },
            Event::Code(code) => {
                out.push_str("<code>");
                code.as_ref().render_to(&mut out);
                out.push_str("</code>");
            }
            Event::SoftBreak => out.push('\n'),
            Event::HardBreak => out.push_str("<br>"),
            Event::Rule => out.push_str("<hr>"),
            // Markup in the text is text.
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                text.as_ref().render_to(&mut out);
            }
            other => parts::safe(&format!("{other:?}")).as_str().render_to(&mut out),
        }
    }
    PreEscaped(out)
}

fn opening(tag: &Tag<'_>) -> &'static str {
    match tag {
        Tag::Paragraph => "<p>",
        Tag::Heading { level, .. } => match level {
            HeadingLevel::H1 => "<h1>",
            HeadingLevel::H2 => "<h2>",
            _ => "<h3>",
        },
        Tag::List(None) => "<ul>",
        Tag::List(Some(_)) => "<ol>",
        Tag::Item => "<li>",
        Tag::Emphasis => "<em>",
        Tag::Strong => "<strong>",
        Tag::BlockQuote(_) => "<blockquote>",
        Tag::CodeBlock(CodeBlockKind::Indented | CodeBlockKind::Fenced(_)) => {
            "<pre tabindex=\"0\"><code>"
        }
        Tag::Table(_) => "<div class=\"scrolls\"><table>",
        Tag::TableRow => "<tr>",
        _ => "",
    }
}

fn closing(tag: TagEnd) -> &'static str {
    match tag {
        TagEnd::Paragraph => "</p>",
        TagEnd::Heading(HeadingLevel::H1) => "</h1>",
        TagEnd::Heading(HeadingLevel::H2) => "</h2>",
        TagEnd::Heading(_) => "</h3>",
        TagEnd::List(false) => "</ul>",
        TagEnd::List(true) => "</ol>",
        TagEnd::Item => "</li>",
        TagEnd::Emphasis => "</em>",
        TagEnd::Strong => "</strong>",
        TagEnd::BlockQuote(_) => "</blockquote>",
        TagEnd::CodeBlock => "</code></pre>",
        TagEnd::Table => "</table></div>",
        TagEnd::TableRow => "</tr>",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup_of_the_page() {
        let text = "# A <b>b</b>\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) \
                    [y](https://example.com/?a=\"b) `<i>`\n\n| a | b |\n|---|---|\n| <u> | 2 |\n";
        let shown = show(text).into_string();
        for bad in ["<script", "<b>", "<i>", "<u>", "javascript:"] {
            assert!(!shown.contains(bad), "{bad} in {shown}");
        }
        assert!(shown.contains("<h1>A &lt;b&gt;"));
        assert!(shown.contains("href=\"https://example.com/?a=&quot;b\""), "{shown}");
        assert!(shown.contains("<th scope=\"col\">a</th>"));
    }
}
