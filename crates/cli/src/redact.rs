//! `leeward redact`: a stream with its secrets masked, and the way back for
//! whoever has the key.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Read as _, Write as _},
    path::Path,
    sync::Arc,
};

use leeward_guard::{
    look::Look,
    redact::{self, Key, NotAKey, Pace, Redactor, Tally, Trouble},
};
use rand::RngExt as _;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    args, environment,
    failure::{Exit, Failure},
    library, reveal, terminal,
};

/// Bytes that are collected before they are written; more at once go straight
/// through.
const COLLECTED: usize = 64 << 10;
/// More than any file of a key has.
const LONGEST_KEY: u64 = 4 << 10;

/// Runs it.
pub(crate) fn run(args: &args::Redact) -> Result<Exit, Failure> {
    if let Some(path) = &args.sealing.new_key {
        return make_key(path);
    }
    let key = key(&args.sealing)?;
    if args.sealing.restore { restore(args, key) } else { mask(args, key) }
}

fn mask(args: &args::Redact, key: Option<Key>) -> Result<Exit, Failure> {
    let library = Arc::new(library::load(&args.dossiers)?);
    let redactor = Redactor::new(Look::new(library, args.confidence.into()));
    let redactor = match key {
        Some(key) => redactor.sealing(key),
        None => redactor,
    };
    // Opened first, so that a stream is not read for nothing.
    let report = args.report.as_deref().map(create).transpose()?;
    let pace = if args.line_buffered { Pace::Lines } else { Pace::Steady };
    widen();
    let mut output = BufWriter::with_capacity(COLLECTED, io::stdout());
    let (tally, done) = redact::run(&redactor, io::stdin(), &mut output, pace);
    if let Some((file, path)) = report {
        write_report(&file, &tally, done.is_ok())
            .map_err(|error| Failure::File("write the report", path.to_owned(), error))?;
    }
    if args.stats {
        let (secrets, places) = (tally.masks.secrets(), tally.masks.places());
        terminal::notice(&format!(
            "{} bytes read, {} written; {secrets} {} masked in {places} {}",
            tally.read,
            tally.written,
            if secrets == 1 { "secret" } else { "secrets" },
            if places == 1 { "place" } else { "places" },
        ));
    }
    done.map_err(failure)?;
    let is_found = args.fail_on_found && !tally.masks.is_empty();
    Ok(if is_found { Exit::Found } else { Exit::Clean })
}

fn restore(args: &args::Redact, key: Option<Key>) -> Result<Exit, Failure> {
    let Some(key) = key else {
        let why = "`--restore` needs the key that the tokens were made with: `--key FILE`";
        return Err(Failure::Value(why.to_owned()));
    };
    reveal::ask_aside()?;
    widen();
    let mut output = BufWriter::with_capacity(COLLECTED, io::stdout());
    let (restored, done) = redact::restore(&key, io::stdin(), &mut output);
    if args.stats {
        let (opened, left) = (restored.opened, restored.left);
        terminal::notice(&format!("{opened} tokens replaced, {left} left"));
    }
    done.map_err(failure)?;
    if restored.left == 0 {
        return Ok(Exit::Clean);
    }
    terminal::notice(&format!(
        "{} left as they are: sealed with another key, or altered since",
        if restored.left == 1 {
            "1 token was".to_owned()
        } else {
            format!("{} tokens were", restored.left)
        },
    ));
    Ok(Exit::Incomplete)
}

fn failure(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::Write(error) => error.into(),
        Trouble::Read(_) | Trouble::Broken => Failure::Value(trouble.to_string()),
    }
}

/// Makes room in the pipes on either side: with the usual 64 KiB both ends
/// mostly wait for each other.
fn widen() {
    #[cfg(target_os = "linux")]
    {
        // Refused if it is no pipe, or more than an ordinary user may have.
        let _ = rustix::pipe::fcntl_setpipe_size(io::stdin(), 1 << 20);
        let _ = rustix::pipe::fcntl_setpipe_size(io::stdout(), 1 << 20);
    }
}

/// The key that was named, if any.
fn key(sealing: &args::Sealing) -> Result<Option<Key>, Failure> {
    if let Some(name) = &sealing.key_variable {
        let Some(text) = environment::secret([name.as_str()]) else {
            return Err(Failure::Value(format!(
                "the variable `{name}` holds no key: it is not set"
            )));
        };
        #[expect(clippy::disallowed_methods, reason = "the key is read from its text")]
        let key = Key::parse(text.expose());
        let wrong = |error: NotAKey| Failure::Value(format!("the variable `{name}`: {error}"));
        return key.map(Some).map_err(wrong);
    }
    let Some(path) = &sealing.key else { return Ok(None) };
    let failed = |error| Failure::File("read the key", path.clone(), error);
    let file = File::open(path).map_err(failed)?;
    warn_of_readers(&file, path);
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST_KEY as usize));
    file.take(LONGEST_KEY).read_to_end(&mut text).map_err(failed)?;
    let wrong = |error: NotAKey| Failure::Content(path.clone(), error.to_string());
    Key::parse(&text).map(Some).map_err(wrong)
}

/// Says that others can read a key.
fn warn_of_readers(file: &File, path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        use leeward_model::SafeText;

        let mode = file.metadata().map_or(0, |metadata| metadata.permissions().mode());
        if mode & 0o077 != 0 {
            let shown = SafeText::new(path.as_os_str().as_encoded_bytes());
            terminal::notice(&format!(
                "warning: others on this machine can read the key `{shown}`; `chmod 600` it"
            ));
        }
    }
    #[cfg(not(unix))]
    let _ = (file, path);
}

/// Writes a new key to a file that is not there yet.
fn make_key(path: &Path) -> Result<Exit, Failure> {
    let mut bytes = Zeroizing::new([0; 64]);
    rand::rng().fill(&mut *bytes);
    let text = Key::new(*bytes).text();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let failed = |error| Failure::File("make the key", path.to_owned(), error);
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    terminal::notice(
        "whoever has this key can put back what is sealed with it; keep it where the logs are not",
    );
    Ok(Exit::Clean)
}

fn create(path: &Path) -> Result<(File, &Path), Failure> {
    let failed = |error| Failure::File("write the report", path.to_owned(), error);
    File::create(path).map(|file| (file, path)).map_err(failed)
}

/// What a report of a redaction is.
#[derive(Serialize)]
struct Report {
    schema: &'static str,
    /// Whether the input was masked to its end.
    complete: bool,
    bytes_read: u64,
    bytes_written: u64,
    masked: Vec<Mask>,
}

#[derive(Serialize)]
struct Mask {
    dossier: String,
    fingerprint: String,
    places: u64,
}

fn write_report(mut file: &File, tally: &Tally, complete: bool) -> io::Result<()> {
    let masked = tally.masks.iter().map(|(dossier, fingerprint, places)| Mask {
        dossier: dossier.as_str().to_owned(),
        fingerprint: fingerprint.to_string(),
        places,
    });
    let report = Report {
        schema: "leeward.redaction/1",
        complete,
        bytes_read: tally.read,
        bytes_written: tally.written,
        masked: masked.collect(),
    };
    let text = serde_json::to_string_pretty(&report).map_err(io::Error::from)?;
    writeln!(file, "{text}")
}
