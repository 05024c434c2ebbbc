//! What stands before the next commit and push of the user's own work trees:
//! the hooks of `leeward hook install`, put in place by the step that prevents
//! the next leak. Only where they touch nobody's files but Git's own; elsewhere
//! it is said what to run.

use std::path::{Path, PathBuf};

use leeward_guard::hook::{self, Manager, Moment, Site, Standing, Wanted};
use leeward_model::SafeText;
use leeward_respond::Prevention;

use crate::{environment, hook::told};

/// Work trees that are searched in a response.
pub(crate) struct Hooks {
    pub(crate) roots: Vec<PathBuf>,
}

impl Prevention for Hooks {
    fn plan(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (root, site) in self.sites() {
            let missing: Vec<&str> = missing(&site).into_iter().map(Moment::hook).collect();
            if !missing.is_empty() {
                let (missing, root) = (missing.join(", "), shown(root));
                lines.push(match is_git_s_own(&site) {
                    true => format!("put the git hooks {missing} in place in `{root}`"),
                    false => by_hand(&root),
                });
            }
        }
        lines
    }

    fn carry_out(&self) -> Vec<String> {
        let program = environment::program();
        let wanted = Wanted { program: program.as_deref(), passes_if_missing: false };
        let mut lines = Vec::new();
        for (root, site) in self.sites() {
            let root = shown(root);
            if missing(&site).is_empty() {
                lines.push(format!("git hooks stand in `{root}`"));
            } else if !is_git_s_own(&site) {
                lines.push(by_hand(&root));
            } else {
                match hook::install(&site, &Moment::ALL, &wanted, false) {
                    Ok(deeds) => lines.extend(deeds.iter().flat_map(told)),
                    Err(trouble) => {
                        lines.push(format!("no git hooks are put in place in `{root}`: {trouble}"));
                    }
                }
            }
        }
        lines
    }
}

impl Hooks {
    /// Those of the roots that are work trees.
    fn sites(&self) -> impl Iterator<Item = (&Path, Site)> {
        self.roots.iter().filter_map(|root| {
            let site = Site::find(root).ok()?;
            let top = site.root.as_deref()?.canonicalize().ok()?;
            (root.canonicalize().ok()? == top).then_some((root.as_path(), site))
        })
    }
}

fn missing(site: &Site) -> Vec<Moment> {
    let is_open = |(moment, _, standing)| (standing != Standing::Guarded).then_some(moment);
    hook::status(site).into_iter().filter_map(is_open).collect()
}

fn is_git_s_own(site: &Site) -> bool {
    site.manager == Manager::Nobody
        && matches!((site.hooks.canonicalize(), site.own.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn by_hand(root: &str) -> String {
    format!("`leeward hook install` in `{root}` says how git hooks get beside those that are there")
}

fn shown(path: &Path) -> String {
    SafeText::new(path.as_os_str().as_encoded_bytes()).to_string()
}
