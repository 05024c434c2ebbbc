//! `leeward hook agent install`: the hook in an agent's settings.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use leeward_guard::agent::{Client, install};
use leeward_model::SafeText;

use crate::{
    args, environment,
    failure::{Exit, Failure},
};

/// Changes settings, or shows what they would be.
pub(super) fn run(args: &args::AgentInstall) -> Result<Exit, Failure> {
    let base = if args.project {
        environment::here()
    } else {
        environment::home()
            .ok_or_else(|| Failure::Value("no home directory; use `--project`".to_owned()))?
    };
    let path = base.join(install::place(args.client, args.project));
    let text = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::File("read the settings", path, error)),
    };
    let failed = |trouble: install::Trouble| Failure::Content(path.clone(), trouble.to_string());
    let changed = match &text {
        None if args.remove => None,
        Some(text) if args.remove => Some(install::remove(args.client, text).map_err(failed)?),
        text => {
            let program = program(args)?;
            Some(install::install(args.client, text.as_deref(), &program).map_err(failed)?)
        }
    };
    let mut out = io::stdout().lock();
    if args.print {
        write!(out, "{}", changed.unwrap_or_default())?;
        return Ok(Exit::Clean);
    }
    let shown = SafeText::new(path.as_os_str().as_encoded_bytes());
    match changed {
        Some(changed) if text.as_ref() != Some(&changed) => {
            write(&path, &changed, args)?;
            let done = if args.remove { "taken out of" } else { "put into" };
            writeln!(out, "the hook for {} was {done} {shown}", args.client)?;
        }
        _ if args.remove => writeln!(out, "no hook of leeward's in {shown}")?,
        _ => writeln!(out, "the hook for {} is in {shown} already", args.client)?,
    }
    if !args.remove
        && let Some(remark) = install::remark(args.client)
    {
        writeln!(out, "note: {remark}")?;
    }
    Ok(Exit::Clean)
}

/// What a shell is to start: this program for the user's own settings, and
/// whatever the path finds for those that others share.
fn program(args: &args::AgentInstall) -> Result<String, Failure> {
    if args.project {
        return Ok("leeward".to_owned());
    }
    let failed = |error| Failure::File("find the path of", PathBuf::from("leeward"), error);
    let path = std::env::current_exe().map_err(failed)?;
    let path = path.to_str().ok_or_else(|| {
        Failure::Value("leeward lies at a path that is not UTF-8; use `--project`".to_owned())
    })?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/\\._-:+@".contains(c);
    if path.chars().all(is_plain) {
        Ok(path.to_owned())
    } else if cfg!(windows) {
        Ok(format!("\"{path}\""))
    } else {
        Ok(format!("'{}'", path.replace('\'', r"'\''")))
    }
}

/// In one go, so that an agent never reads half of it. What the path leads to
/// is replaced, and not a link that leads there.
fn write(path: &Path, text: &str, args: &args::AgentInstall) -> Result<(), Failure> {
    let failed = |error| Failure::File("write the settings", path.to_owned(), error);
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let is_empty_now = args.remove
        && matches!(args.client, Client::Copilot | Client::Cursor)
        && text.split_whitespace().collect::<String>() == "{\"version\":1}";
    if is_empty_now || args.remove && text.trim().is_empty() {
        return fs::remove_file(&path).map_err(failed);
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(failed)?;
    }
    let beside = path.with_extension(format!("leeward-{}", std::process::id()));
    fs::write(&beside, text).map_err(failed)?;
    if let Ok(found) = fs::metadata(&path) {
        fs::set_permissions(&beside, found.permissions()).map_err(failed)?;
    }
    fs::rename(&beside, &path).map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}
