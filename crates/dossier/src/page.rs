//! A dossier as a page for people: what `leeward dossier show` prints and the
//! documentation is made from. Markdown, without colour; the command line
//! decides how to show it.

use crate::Dossier;

/// The whole page.
pub fn page(dossier: &Dossier) -> String {
    format!("# {}\n\n{}\n", dossier.name, dossier.summary)
}
