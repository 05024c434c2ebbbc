//! lefthook and the pre-commit framework write hooks themselves, from their own
//! settings: what has to be there, added where that can be done exactly, and
//! shown otherwise.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use super::{
    put::{Deed, What, write},
    script::LAYOUT,
    site::{Site, Trouble},
    tell::Moment,
};

/// What a user adds for oneself, beside lefthook's shared settings.
const LEFTHOOK_LOCAL: &str = "lefthook-local.yml";
const BEGIN: &str = "# begin leeward hook ";
const END: &str = "# end leeward hook";

/// What lefthook's settings have to say.
fn lefthook_lines(moments: &[Moment]) -> String {
    let mut text = format!("{BEGIN}{LAYOUT}: `leeward hook uninstall` takes this out\n");
    for moment in moments {
        let (hook, rest) = match moment {
            Moment::Commit => ("pre-commit", ""),
            Moment::Push => ("pre-push", " {1} {2}\n      use_stdin: true"),
            Moment::Message => ("commit-msg", " {1}"),
        };
        let lines =
            format!("{hook}:\n  commands:\n    leeward:\n      run: leeward hook {hook}{rest}\n");
        text.push_str(&lines);
    }
    text + END + "\n"
}

/// What the pre-commit framework's settings have to say, below `repos:`.
fn pre_commit_lines(moments: &[Moment], indent: &str) -> String {
    let mut text = format!("{indent}{BEGIN}{LAYOUT}: `leeward hook uninstall` takes this out\n");
    let _ = write!(text, "{indent}- repo: local\n{indent}  hooks:\n");
    for moment in moments {
        let hook = moment.hook();
        let names = if *moment == Moment::Message { "" } else { "    pass_filenames: false\n" };
        let lines = format!(
            "  - id: leeward-{hook}\n    name: leeward {hook}\n    entry: leeward hook {hook}\n    \
             language: system\n{names}    always_run: true\n    stages: [{hook}]\n"
        );
        for line in lines.lines() {
            let _ = writeln!(text, "{indent}{line}");
        }
    }
    let _ = writeln!(text, "{indent}{END}");
    text
}

/// Adds what lefthook needs, or says what that is.
pub(super) fn lefthook(
    site: &Site,
    settings: &Path,
    moments: &[Moment],
    apply: bool,
) -> Result<Vec<Deed>, Trouble> {
    let local = local_of(site, settings);
    let missing: Vec<Moment> =
        moments.iter().copied().filter(|moment| !says(&[settings, &local], *moment)).collect();
    let deed = |path: &Path, what| vec![Deed { moment: None, path: path.to_owned(), what }];
    let then = is_pending(site, moments).then(|| "lefthook install".to_owned());
    if missing.is_empty() {
        return Ok(deed(&local, done(then)));
    }
    if !apply || local.exists() {
        let target = if local.exists() { &local } else { settings };
        return Ok(deed(target, What::ByHand(lefthook_lines(&missing), then)));
    }
    let text = lefthook_lines(&missing);
    write_plain(&local, &text)?;
    Ok(deed(&local, if then.is_some() { done(then) } else { What::Added }))
}

/// Adds what the pre-commit framework needs, or says what that is.
pub(super) fn pre_commit(
    site: &Site,
    settings: &Path,
    moments: &[Moment],
    apply: bool,
) -> Result<Vec<Deed>, Trouble> {
    let missing: Vec<Moment> =
        moments.iter().copied().filter(|moment| !says(&[settings], *moment)).collect();
    let deed = |what| vec![Deed { moment: None, path: settings.to_owned(), what }];
    let types: Vec<String> = moments.iter().map(|it| format!("-t {}", it.hook())).collect();
    let then = is_pending(site, moments).then(|| format!("pre-commit install {}", types.join(" ")));
    if missing.is_empty() {
        return Ok(deed(done(then)));
    }
    let text = fs::read_to_string(settings)
        .map_err(|error| Trouble::File("read", settings.to_owned(), error))?;
    match below_repos(&text) {
        Some((at, indent)) if apply => {
            let lines = pre_commit_lines(&missing, &indent);
            write_plain(settings, &format!("{}{lines}{}", &text[..at], &text[at..]))?;
            Ok(deed(if then.is_some() { done(then) } else { What::Added }))
        }
        Some((_, indent)) => Ok(deed(What::ByHand(pre_commit_lines(&missing, &indent), then))),
        None => Ok(deed(What::ByHand(pre_commit_lines(&missing, "  "), then))),
    }
}

/// Whether Git does not call the manager at one of these moments yet.
fn is_pending(site: &Site, moments: &[Moment]) -> bool {
    moments.iter().any(|moment| !site.hooks.join(moment.hook()).is_file())
}

fn done(then: Option<String>) -> What {
    then.map_or(What::Already, |then| What::ByHand(String::new(), Some(then)))
}

/// Takes out of these settings what was added.
pub(super) fn take(site: &Site) -> Result<Vec<Deed>, Trouble> {
    let Some(root) = site.root.as_deref() else { return Ok(Vec::new()) };
    let mut deeds = Vec::new();
    for path in [root.join(LEFTHOOK_LOCAL), root.join(super::site::PRE_COMMIT)] {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let kept = without(&text);
        if kept == text {
            continue;
        }
        let what = if kept.is_empty() {
            fs::remove_file(&path).map_err(|error| Trouble::File("delete", path.clone(), error))?;
            What::Removed
        } else {
            write_plain(&path, &kept)?;
            What::Cut
        };
        deeds.push(Deed { moment: None, path, what });
    }
    Ok(deeds)
}

/// Whether a manager's settings call a hook of ours.
pub(super) fn is_called(site: &Site, settings: &Path, moment: Moment) -> bool {
    says(&[settings, &local_of(site, settings)], moment)
}

fn local_of(site: &Site, settings: &Path) -> PathBuf {
    let beside = || settings.parent().map(Path::to_owned);
    site.root.clone().or_else(beside).unwrap_or_default().join(LEFTHOOK_LOCAL)
}

fn says(files: &[&Path], moment: Moment) -> bool {
    let call = format!("leeward hook {}", moment.hook());
    // As published in this project's own `.pre-commit-hooks.yaml`.
    let published = match moment {
        Moment::Commit => "id: leeward\n",
        Moment::Push => "id: leeward-push\n",
        Moment::Message => "id: leeward-message\n",
    };
    files.iter().any(|file| {
        fs::read_to_string(file).is_ok_and(|text| {
            text.lines().map(|line| format!("{}\n", line.trim_end())).any(|line| {
                !line.trim_start().starts_with('#')
                    && (line.contains(&call) || line.ends_with(published))
            })
        })
    })
}

/// Where the list of repositories begins, and how far its items stand in: only
/// where that is certain.
fn below_repos(text: &str) -> Option<(usize, String)> {
    let mut at = 0;
    let mut found = None;
    for line in text.split_inclusive('\n') {
        let bare = line.split(" #").next().unwrap_or(line).trim_end();
        match found {
            None if bare == "repos:" && line.ends_with('\n') => found = Some(at + line.len()),
            None => {}
            Some(_) if bare.trim().is_empty() || bare.trim_start().starts_with('#') => {}
            Some(begin) => {
                let indent = &bare[..bare.len() - bare.trim_start_matches(' ').len()];
                let is_item = bare[indent.len()..].starts_with("- ");
                return is_item.then(|| (begin, indent.to_owned()));
            }
        }
        at += line.len();
    }
    None
}

/// A text without the lines between the marks.
fn without(text: &str) -> String {
    let mut inside = false;
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        inside |= line.trim_start().starts_with(BEGIN);
        if !inside {
            kept.push_str(line);
        }
        inside &= line.trim() != END;
    }
    kept
}

fn write_plain(path: &Path, text: &str) -> Result<(), Trouble> {
    match fs::metadata(path) {
        Ok(meta) => write(path, text, Some(&meta)),
        Err(_) => {
            fs::write(path, text).map_err(|error| Trouble::File("write", path.to_owned(), error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_found_only_where_that_is_certain() {
        let at = |text: &str| below_repos(text).map(|(at, indent)| (text[at..].to_owned(), indent));
        assert_eq!(
            at("x: 1\nrepos:\n  # c\n  - repo: local\n"),
            Some(("  # c\n  - repo: local\n".to_owned(), "  ".to_owned()))
        );
        assert_eq!(at("repos:\n- repo: a\n").unwrap().1, "");
        for none in ["repos: []\n", "repos: [{repo: local}]\n", "", "repos:\n", "repos:\nx: 1\n"] {
            assert_eq!(at(none), None, "{none}");
        }
    }

    #[test]
    fn what_was_added_is_taken_out_to_the_byte() {
        let text = "repos:\n  - repo: x\n";
        let (at, indent) = below_repos(text).unwrap();
        let lines = pre_commit_lines(&Moment::ALL, &indent);
        assert_eq!(without(&format!("{}{lines}{}", &text[..at], &text[at..])), text);
        assert_eq!(without(&lefthook_lines(&Moment::ALL)), "");
    }
}
