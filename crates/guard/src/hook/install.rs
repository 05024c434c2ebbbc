//! Hooks put in place and taken away, for one repository or for all of a user.
//!
//! For all of them `core.hooksPath` is used, since a template directory reaches
//! only repositories that are yet to be made. It hides each repository's own
//! hooks, so the directory has a script for every hook that calls those. A
//! directory that is set there already is respected: the blocks go into it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    frame,
    put::{Deed, Standing, What, put, standing, take, write},
    script::{self, Kind, Wanted},
    site::{Manager, Site, Trouble, git, shown},
    tell::Moment,
};

/// Hooks that a user's directory only passes on. Those are left out whose mere
/// presence changes what Git does: `push-to-checkout`, `proc-receive`,
/// `fsmonitor-watchman`.
const PASSED_ON: [&str; 18] = [
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "pre-merge-commit",
    "prepare-commit-msg",
    "post-commit",
    "pre-rebase",
    "post-checkout",
    "post-merge",
    "post-rewrite",
    "pre-auto-gc",
    "post-index-change",
    "sendemail-validate",
    "reference-transaction",
    "pre-receive",
    "update",
    "post-receive",
    "post-update",
];

/// Puts hooks in place for one repository.
///
/// # Errors
/// Where a file cannot be written, or hooks of other repositories would change.
pub fn install(
    site: &Site,
    moments: &[Moment],
    wanted: &Wanted<'_>,
    apply: bool,
) -> Result<Vec<Deed>, Trouble> {
    match &site.manager {
        Manager::Lefthook(settings) => frame::lefthook(site, settings, moments, apply),
        Manager::PreCommit(settings) => frame::pre_commit(site, settings, moments, apply),
        Manager::Husky(scripts) => {
            // These are everybody's: a path of this machine has no place there.
            let wanted = Wanted { program: None, ..wanted.clone() };
            moments.iter().map(|moment| put(scripts, *moment, &wanted, true)).collect()
        }
        Manager::Nobody if site.is_shared => {
            let is_there =
                |moment: &Moment| standing(&site.hooks, *moment, false) == Standing::Guarded;
            if moments.iter().all(is_there) {
                let done = |moment: &Moment| Deed {
                    moment: Some(*moment),
                    path: site.hooks.join(moment.hook()),
                    what: What::Already,
                };
                return Ok(moments.iter().map(done).collect());
            }
            Err(Trouble::TooMuch(format!(
                "`core.hooksPath` is `{}` for all your repositories: `leeward hook install \
                 --global` puts hooks there",
                shown(&site.hooks)
            )))
        }
        Manager::Nobody => {
            moments.iter().map(|moment| put(&site.hooks, *moment, wanted, false)).collect()
        }
    }
}

/// Takes away from one repository what was put there.
///
/// # Errors
/// Where a file cannot be written.
pub fn uninstall(site: &Site) -> Result<Vec<Deed>, Trouble> {
    let mut deeds = frame::take(site)?;
    let mut dirs: Vec<&Path> = vec![&site.own];
    if !site.is_shared && !site.hooks.ends_with(".husky/_") && site.hooks != site.own {
        dirs.push(&site.hooks);
    }
    if let Manager::Husky(scripts) = &site.manager
        && !dirs.contains(&scripts.as_path())
    {
        dirs.push(scripts);
    }
    for dir in dirs {
        for moment in Moment::ALL {
            deeds.extend(take(dir, moment)?);
        }
    }
    Ok(deeds)
}

/// How the hooks of a repository stand.
pub fn status(site: &Site) -> Vec<(Moment, PathBuf, Standing)> {
    let of = |moment: Moment| match &site.manager {
        Manager::Lefthook(settings) | Manager::PreCommit(settings) => {
            let is_called = frame::is_called(site, settings, moment);
            let is_run = site.hooks.join(moment.hook()).is_file();
            let standing = if is_called && is_run { Standing::Guarded } else { Standing::Absent };
            (moment, settings.clone(), standing)
        }
        Manager::Husky(scripts) => {
            (moment, scripts.join(moment.hook()), standing(scripts, moment, true))
        }
        Manager::Nobody => {
            (moment, site.hooks.join(moment.hook()), standing(&site.hooks, moment, false))
        }
    };
    Moment::ALL.into_iter().map(of).collect()
}

/// The directory that `core.hooksPath` names for all repositories of this
/// user, if any.
///
/// # Errors
/// If Git cannot be asked.
pub fn shared_hooks(home: &Path) -> Result<Option<PathBuf>, Trouble> {
    let ask = |scope| match git(home, &["config", scope, "--type=path", "--get", "core.hooksPath"])
    {
        Ok(path) => Ok(Some(path).filter(|path| !path.is_empty()).map(|path| home.join(path))),
        // It fails where nothing is set.
        Err(Trouble::Refused(words)) if words.trim().is_empty() => Ok(None),
        // Neither file has to be there.
        Err(Trouble::Refused(words)) if words.contains("unable to read config file") => Ok(None),
        Err(trouble) => Err(trouble),
    };
    match ask("--global")? {
        Some(path) => Ok(Some(path)),
        None => ask("--system"),
    }
}

/// Puts hooks in place for all repositories of this user: into `ours`, or into
/// the directory that is set already.
///
/// # Errors
/// Where a file or the setting cannot be written.
pub fn install_shared(
    home: &Path,
    ours: &Path,
    moments: &[Moment],
    wanted: &Wanted<'_>,
) -> Result<Vec<Deed>, Trouble> {
    match shared_hooks(home)? {
        Some(other) if other != ours => {
            moments.iter().map(|moment| put(&other, *moment, wanted, false)).collect()
        }
        known => {
            let mut deeds = Vec::new();
            for hook in Moment::ALL.map(Moment::hook).iter().chain(&PASSED_ON) {
                let moment = moments.iter().find(|moment| moment.hook() == *hook).copied();
                let (path, text) = (ours.join(hook), script::global(hook, moment, wanted));
                let before = fs::read(&path).ok();
                let what = match &before {
                    Some(before) if *before == text.as_bytes() => What::Already,
                    Some(before) if Kind::of(before) == Kind::Foreign => {
                        return Err(Trouble::TooMuch(format!(
                            "`{}` is not leeward's and would be overwritten: move it away",
                            shown(&path)
                        )));
                    }
                    Some(_) => What::Renewed,
                    None => What::Made,
                };
                if what != What::Already {
                    write(&path, &text, None)?;
                }
                if moment.is_some() {
                    deeds.push(Deed { moment, path, what });
                }
            }
            if known.is_none() {
                let ours = ours.to_string_lossy();
                git(home, &["config", "--global", "core.hooksPath", &ours])?;
            }
            Ok(deeds)
        }
    }
}

/// Takes away what was put in place for all repositories of this user.
///
/// # Errors
/// Where a file or the setting cannot be written.
pub fn uninstall_shared(home: &Path, ours: &Path) -> Result<Vec<Deed>, Trouble> {
    let mut deeds = Vec::new();
    match shared_hooks(home)? {
        Some(other) if other != ours => {
            for moment in Moment::ALL {
                deeds.extend(take(&other, moment)?);
            }
        }
        known => {
            if known.is_some() {
                git(home, &["config", "--global", "--unset", "core.hooksPath"])?;
            }
            for hook in Moment::ALL.map(Moment::hook).iter().chain(&PASSED_ON) {
                let path = ours.join(hook);
                let Ok(text) = fs::read(&path) else { continue };
                if Kind::of(&text) == Kind::Foreign {
                    continue;
                }
                fs::remove_file(&path)
                    .map_err(|error| Trouble::File("delete", path.clone(), error))?;
                let moment = Moment::ALL.into_iter().find(|moment| moment.hook() == *hook);
                if moment.is_some() {
                    deeds.push(Deed { moment, path, what: What::Removed });
                }
            }
            // It stays if something else is in it.
            drop(fs::remove_dir(ours));
        }
    }
    Ok(deeds)
}

/// How the hooks of a directory for all repositories stand.
pub fn status_shared(dir: &Path) -> Vec<(Moment, PathBuf, Standing)> {
    let of = |moment: Moment| (moment, dir.join(moment.hook()), standing(dir, moment, false));
    Moment::ALL.into_iter().map(of).collect()
}
