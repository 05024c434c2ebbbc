//! Whether a secret is live and what it reaches, in Markdown.

use std::io::{self, Write};

use leeward_model::Validity;

use crate::{
    reach,
    view::{FindingView, Known},
    words,
};

use super::escape::{code, prose};

/// Requests given by line; a comment has a size limit.
const REQUESTS: usize = 20;

/// The verdict, as a cell of the table.
pub(super) fn cell(view: &FindingView<'_>) -> String {
    match view.verification.validity {
        Validity::Active => " **active** |".to_owned(),
        Validity::Restricted => " **restricted** |".to_owned(),
        Validity::Unchecked => " not asked |".to_owned(),
        other => format!(" {} |", other.name()),
    }
}

/// Among a finding's facts: whether it is live, and whose it is.
pub(crate) fn facts(view: Known<'_>, out: &mut dyn Write) -> io::Result<()> {
    if let Some(text) = reach::validity(view.verification) {
        writeln!(out, "- **Validity:** {}", prose(&text))?;
    }
    for says in view.assessment.into_iter().flat_map(|known| &known.identity) {
        writeln!(out, "- **Belongs to:** {} {}", prose(&says.label), code(says.value.as_bytes()))?;
    }
    Ok(())
}

/// What it reaches, what that means, what is not known, and every request.
pub(crate) fn section(view: Known<'_>, out: &mut dyn Write) -> io::Result<()> {
    if let Some(known) = view.assessment {
        writeln!(out, "\n#### What it reaches\n")?;
        writeln!(out, "{}.\n", prose(&reach::at_a_glance(known)))?;
        for action in reach::best_first(&known.actions, |action| action.standing) {
            let because = match reach::because(action, known) {
                because if because.is_empty() => because,
                because => format!(": {}", prose(&because)),
            };
            let standing = action.standing.name();
            writeln!(out, "- {standing}: **{}**{because}", prose(action.title.trim()))?;
        }
        for impact in reach::best_first(&known.impacts, |impact| impact.standing) {
            let standing = impact.standing.name();
            let (title, text) = (prose(impact.title.trim()), prose(&impact.text));
            writeln!(out, "- {standing} impact: **{title}**: {text}")?;
        }
        for gap in &known.gaps {
            writeln!(out, "- **not known:** {}", prose(&reach::gap(gap)))?;
        }
    }
    let requests: Vec<_> = reach::requests(view.verification, view.assessment).collect();
    if requests.is_empty() {
        return Ok(());
    }
    let title = words::count(requests.len(), "request made", "requests made");
    writeln!(out, "\n<details><summary>{title}</summary>\n")?;
    for request in requests.iter().take(REQUESTS) {
        writeln!(out, "- {}", code(reach::request(request).as_bytes()))?;
    }
    if requests.len() > REQUESTS {
        writeln!(out, "- and {} more", words::grouped((requests.len() - REQUESTS) as u64))?;
    }
    writeln!(out, "\n</details>")
}
