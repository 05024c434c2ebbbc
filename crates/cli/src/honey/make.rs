//! Makes a honey key: the store knows it before anybody can take it.

use std::{
    fs::OpenOptions,
    io::{self, IsTerminal as _, Write as _},
    path::Path,
    sync::Arc,
};

use leeward_detect::Scratch;
use leeward_dossier::{Dossier, Library, schema::Shape};
use leeward_guard::{
    honey::{Form, bait, value},
    look::Look,
};
use leeward_model::{Fingerprint, Level, SafeText, Secret};
use leeward_respond::logs;
use leeward_store::{NewHoney, Store};
use rand::RngExt as _;

use leeward_watch::discreet::cautious;

use crate::{
    args,
    config::Config,
    failure::{Exit, Failure},
    kept, library, record, terminal,
};

pub(super) fn run(args: &args::HoneyCreate) -> Result<Exit, Failure> {
    if args.stdout && io::stdout().is_terminal() {
        return Err(Failure::Value(
            "standard output is a terminal, which would show the value: send it into a file or a \
             program"
                .to_owned(),
        ));
    }
    let library = Arc::new(library::load(&args.dossiers)?);
    let dossier = kind(&library, args.kind.as_deref())?;
    let name = name(args.name.as_deref(), dossier)?;
    let mut rng = rand::rng();
    let value = value(dossier, &mut |below| rng.random_range(0..below))
        .map_err(|why| Failure::Value(format!("`{}`: {why}", dossier.id())))?;
    let fingerprint = Fingerprint::new(&dossier.family, &value);
    let file = args.output.as_deref().or(args.place.as_deref()).unwrap_or(Path::new(""));
    let text = bait(Form::of(file), name, &value);
    if !is_found(&library, &text, file, fingerprint) {
        return Err(Failure::Value(format!(
            "under the name `{}` a scan would not find it: leave out `--name`, or name the provider in it",
            SafeText::new(name)
        )));
    }
    if args.output.is_some() && file.symlink_metadata().is_ok() {
        return Err(Failure::Value(format!(
            "`{}` is there already, and a honey key is put into a file of its own",
            SafeText::new(file.as_os_str().as_encoded_bytes())
        )));
    }
    let config = Config::load(args.kept.config.as_deref())?;
    let mut store = kept::open(&args.kept, &config)?;
    let actor = cautious(&kept::actor(&args.kept));
    let place = record::absolute_path(file.as_os_str().as_encoded_bytes());
    let id = store.honey_add(&NewHoney {
        fingerprint,
        dossier: dossier.id(),
        hint: &value.hint(),
        sha256: &logs::sha256_of(&value),
        place: &String::from_utf8_lossy(&place),
        note: &cautious(args.note.as_deref().unwrap_or_default()),
        at: kept::now(),
        actor: &actor,
    })?;
    let written = match &args.output {
        Some(file) => write(file, &text)
            .map_err(|error| Failure::File("write the honey key to", file.clone(), error)),
        None => shout(&value).map_err(Failure::from),
    };
    if let Err(failure) = written {
        withdraw(&mut store, fingerprint, &actor)?;
        return Err(failure);
    }
    terminal::notice(&format!(
        "honey key {id} ({}) lies in {}; the store knows it by its fingerprint, and nobody has its value \
         but that file. `leeward scan --record` raises an incident wherever else it is met, `leeward honey \
         check LOG` when a log shows it",
        value.hint(),
        SafeText::new(file.as_os_str().as_encoded_bytes()),
    ));
    Ok(Exit::Clean)
}

/// The kind that was named, or the one that a bare value is taken for.
fn kind<'l>(library: &'l Library, id: Option<&str>) -> Result<&'l Dossier, Failure> {
    if let Some(id) = id {
        return library::find(library, id);
    }
    let is_usual = |it: &&Dossier| it.detect.bare && matches!(it.detect.shape, Shape::Token(_));
    library
        .dossiers()
        .iter()
        .find(is_usual)
        .ok_or_else(|| Failure::Value("name what it is to look like with `--kind`".to_owned()))
}

fn name<'a>(named: Option<&'a str>, dossier: &'a Dossier) -> Result<&'a str, Failure> {
    let usual = dossier.detect.names.first().map(String::as_str);
    let name = named.or(usual).ok_or_else(|| {
        Failure::Value("the kind has no usual name: give one with `--name`".to_owned())
    })?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(Failure::Value(
            "`--name` is made of letters, digits, `_`, `-` and `.`".to_owned(),
        ));
    }
    Ok(name)
}

/// Whether a scan of the bait finds it: one that nobody finds betrays nobody.
fn is_found(library: &Arc<Library>, text: &Secret, file: &Path, wanted: Fingerprint) -> bool {
    let look = Look::new(Arc::clone(library), Level::Medium);
    #[expect(clippy::disallowed_methods, reason = "whether the bait is found is tried on the bait")]
    let found = look.at(text.expose(), Some(file), &mut Scratch::default());
    found.iter().any(|sighting| sighting.fingerprint == wanted)
}

/// Writes a file that was not there, which only its owner may read.
fn write(file: &Path, text: &Secret) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut out = options.open(file)?;
    #[expect(clippy::disallowed_methods, reason = "the file is where the value is meant to be")]
    out.write_all(text.expose())?;
    out.sync_all()
}

fn shout(value: &Secret) -> io::Result<()> {
    let mut out = io::stdout().lock();
    #[expect(
        clippy::disallowed_methods,
        reason = "the user wants it there, and it is no terminal"
    )]
    out.write_all(value.expose())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Nobody has it: it was never put anywhere.
fn withdraw(store: &mut Store, fingerprint: Fingerprint, actor: &str) -> Result<(), Failure> {
    if let Some(honey) = store.honey_of(&fingerprint)? {
        store.honey_retire(&honey, kept::now(), actor, "it could not be written")?;
    }
    Ok(())
}
