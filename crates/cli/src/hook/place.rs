//! `leeward hook install`, `uninstall` and `status`: hooks put in place, and
//! people told what became of each file. What hooks answer is `client`'s.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use leeward_guard::hook::{self, Deed, Manager, Moment, Site, Standing, Trouble, Wanted, What};
use leeward_model::SafeText;

use crate::{
    args, environment,
    failure::{Exit, Failure},
};

/// Puts hooks in place.
pub(crate) fn install(args: &args::Install) -> Result<Exit, Failure> {
    let moments = moments(&args.hooks);
    let program = environment::program();
    let wanted = Wanted {
        program: program.as_deref(),
        passes_if_missing: args.when_missing == args::WhenMissing::Pass,
    };
    if args.place.global {
        return install_shared(&moments, &wanted);
    }
    let site = Site::find(Path::new(".")).map_err(failure)?;
    let deeds = hook::install(&site, &moments, &wanted, args.apply).map_err(failure)?;
    show(&deeds)?;
    let mut out = io::stdout().lock();
    if is_everybodys(&site) {
        writeln!(out, "these files are shared with whoever clones this: all need `leeward`")?;
    }
    for idle in &site.idle {
        writeln!(out, "note: {idle}")?;
    }
    let is_left = deeds.iter().any(|deed| matches!(deed.what, What::ByHand(..)));
    Ok(if is_left { Exit::Incomplete } else { Exit::Clean })
}

/// Puts hooks in place for all repositories of this user.
fn install_shared(moments: &[Moment], wanted: &Wanted<'_>) -> Result<Exit, Failure> {
    let (home, ours) = user()?;
    let before = hook::shared_hooks(&home).map_err(failure)?;
    show(&hook::install_shared(&home, &ours, moments, wanted).map_err(failure)?)?;
    let mut out = io::stdout().lock();
    match before {
        Some(other) if other != ours => writeln!(
            out,
            "`core.hooksPath` was `{}` already and stays; whether a repository's own hooks run is \
             up to what is there",
            shown(&other)
        )?,
        _ => writeln!(
            out,
            "`core.hooksPath` is `{}`: all your repositories are guarded, and their own hooks \
             still run; where a repository sets `core.hooksPath` itself, `leeward hook install` \
             is needed there",
            shown(&ours)
        )?,
    }
    Ok(Exit::Clean)
}

/// Takes hooks away.
pub(crate) fn uninstall(args: &args::Where) -> Result<Exit, Failure> {
    let deeds = if args.global {
        let (home, ours) = user()?;
        hook::uninstall_shared(&home, &ours).map_err(failure)?
    } else {
        let site = Site::find(Path::new(".")).map_err(failure)?;
        hook::uninstall(&site).map_err(failure)?
    };
    show(&deeds)?;
    if deeds.is_empty() {
        writeln!(io::stdout(), "no hook of leeward's was here")?;
    }
    Ok(Exit::Clean)
}

/// Says how hooks stand.
pub(crate) fn status(args: &args::Where) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "leeward {}, hooks of layout {}", env!("CARGO_PKG_VERSION"), hook::LAYOUT)?;
    let (standings, manager) = if args.global {
        let (home, ours) = user()?;
        let Some(dir) = hook::shared_hooks(&home).map_err(failure)? else {
            writeln!(
                out,
                "`core.hooksPath` is not set: `leeward hook install --global` guards all your \
                 repositories"
            )?;
            return Ok(Exit::Incomplete);
        };
        let whose = if dir == ours { "leeward's own" } else { "somebody else's" };
        writeln!(out, "`core.hooksPath` is `{}`, {whose}", shown(&dir))?;
        (hook::status_shared(&dir), Manager::Nobody)
    } else {
        let site = Site::find(Path::new(".")).map_err(failure)?;
        match site.manager.name() {
            Some(name) => writeln!(out, "hooks are managed by {name}")?,
            None if site.is_shared => writeln!(
                out,
                "hooks are in `{}`, by the `core.hooksPath` of all your repositories",
                shown(&site.hooks)
            )?,
            None => writeln!(out, "hooks are in `{}`", shown(&site.hooks))?,
        }
        for idle in &site.idle {
            writeln!(out, "note: {idle}")?;
        }
        (hook::status(&site), site.manager)
    };
    let install =
        if args.global { "leeward hook install --global" } else { "leeward hook install" };
    let mut is_open = false;
    for (moment, path, standing) in standings {
        let path = shown(&path);
        let said = match standing {
            Standing::Guarded => format!("in place, `{path}`"),
            Standing::Old => format!("of an older layout, `{path}`: `{install}` renews it"),
            Standing::Asleep => {
                format!("not run by git, `{path}` is not executable: `chmod +x` it")
            }
            Standing::Foreign => format!("not guarded, `{path}` is another hook: `{install}`"),
            Standing::Absent if manager == Manager::Nobody => {
                format!("not guarded, there is no `{path}`: `{install}`")
            }
            Standing::Absent => format!("not guarded by `{path}`: `{install}` says how"),
        };
        is_open |= !matches!(standing, Standing::Guarded | Standing::Old);
        writeln!(out, "  {}: {said}", moment.hook())?;
    }
    writeln!(
        out,
        "`git commit --no-verify` and `git push --no-verify` run no hook: a server's pre-receive \
         hook and CI see what they let by"
    )?;
    Ok(if is_open { Exit::Incomplete } else { Exit::Clean })
}

/// What was asked for; all, if nothing was.
fn moments(hooks: &[args::GitHook]) -> Vec<Moment> {
    let moment = |hook: &args::GitHook| match hook {
        args::GitHook::PreCommit => Moment::Commit,
        args::GitHook::PrePush => Moment::Push,
        args::GitHook::CommitMsg => Moment::Message,
    };
    if hooks.is_empty() { Moment::ALL.to_vec() } else { hooks.iter().map(moment).collect() }
}

/// Where the user's own things are: at home, and hooks for all repositories.
fn user() -> Result<(PathBuf, PathBuf), Failure> {
    let home = environment::home();
    let ours = environment::hooks_dir();
    home.zip(ours)
        .ok_or_else(|| Failure::Value("your home directory is not known: set `HOME`".to_owned()))
}

/// Whether hooks lie among the files that are checked in.
fn is_everybodys(site: &Site) -> bool {
    let inside = |dir: &Path| {
        let root = site.root.as_deref().and_then(|root| root.canonicalize().ok());
        let (Some(root), Ok(dir)) = (root, dir.canonicalize()) else { return false };
        let own = site.own.parent().and_then(|own| own.canonicalize().ok());
        dir.starts_with(root) && own.is_none_or(|own| !dir.starts_with(own))
    };
    match &site.manager {
        Manager::Husky(_) => true,
        Manager::Nobody => !site.is_shared && inside(&site.hooks),
        Manager::Lefthook(_) | Manager::PreCommit(_) => false,
    }
}

fn show(deeds: &[Deed]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for line in deeds.iter().flat_map(told) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// What became of a file, in lines.
pub(crate) fn told(deed: &Deed) -> Vec<String> {
    let path = shown(&deed.path);
    let name = deed.moment.map_or(String::new(), |moment| format!("{}: ", moment.hook()));
    let said = match &deed.what {
        What::Made => format!("made `{path}`"),
        What::Added => format!("added to `{path}`; the rest of it runs as before"),
        What::Aside(aside) => {
            format!("made `{path}`, which calls the one that was there, now `{}`", shown(aside))
        }
        What::Renewed => format!("renewed in `{path}`"),
        What::Already => format!("already in `{path}`"),
        What::Cut => format!("taken out of `{path}`"),
        What::Removed => format!("deleted `{path}`"),
        What::Restored => format!("put back `{path}` as it was"),
        What::ByHand(lines, then) => {
            let mut told = match lines.is_empty() {
                true => vec![format!("in place in `{path}`")],
                false => vec![
                    format!("not guarded yet: add this to `{path}`, or run this with `--apply`"),
                    String::new(),
                    lines.trim_end().to_owned(),
                    String::new(),
                ],
            };
            told.extend(then.as_ref().map(|then| format!("then run `{then}`")));
            return told;
        }
    };
    vec![format!("{name}{said}")]
}

fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    SafeText::new(path.as_os_str().as_encoded_bytes()).to_string()
}

fn failure(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::File(what, path, error) => Failure::File(what, path, error),
        trouble => Failure::Value(trouble.to_string()),
    }
}
