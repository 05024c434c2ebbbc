//! Where incidents are kept, and who acts: from what was typed, the settings
//! and the environment to an open store.

use std::path::Path;

use jiff::Timestamp;
use leeward_model::{Entry, EventKind, IncidentId};
use leeward_store::{Place, Store};
use leeward_watch::journal::Host;

use crate::{args::Kept, config::Config, environment, failure::Failure};

/// Where incidents are kept.
pub(crate) fn place(kept: &Kept, config: &Config) -> Result<Place, Failure> {
    if let Some(text) = &kept.store {
        let place = Place::parse(text);
        if let Place::Server(server) = &place
            && server.has_password()
        {
            return Err(Failure::Store(
                "`--store` holds a password, which others on this machine could read among the \
                 arguments of running programs: put the address into the variable LEEWARD_STORE, or \
                 the password into `~/.pgpass`"
                    .to_owned(),
            ));
        }
        return Ok(place);
    }
    if let Some(text) = environment::store().or_else(|| config.store.clone()) {
        return Ok(Place::parse(&text));
    }
    let file = environment::data_dir().map(|dir| dir.join("leeward").join("leeward.db"));
    file.map(Place::File).ok_or_else(|| {
        Failure::Store(
            "no place is known for the database: this account has no home directory; name one with \
             `--store FILE`"
                .to_owned(),
        )
    })
}

/// Opens the store, and makes it if it is not there.
pub(crate) fn open(kept: &Kept, config: &Config) -> Result<Store, Failure> {
    Ok(Store::open(&place(kept, config)?)?)
}

/// Opens the store to read it.
pub(crate) fn open_existing(kept: &Kept, config: &Config) -> Result<Store, Failure> {
    let place = place(kept, config)?;
    Store::open_existing(&place)?.ok_or_else(|| {
        let at = match &place {
            Place::File(file) => format!(" in `{}`", shown(file)),
            Place::Server(_) => String::new(),
        };
        Failure::Store(format!(
            "nothing has been recorded{at}: `leeward scan --record` opens an incident for each secret \
             that it finds"
        ))
    })
}

fn shown(path: &Path) -> String {
    leeward_model::SafeText::new(path.as_os_str().as_encoded_bytes()).to_string()
}

/// Who acts: as they say, or as the machine knows them.
pub(crate) fn actor(kept: &Kept) -> String {
    kept.actor.clone().unwrap_or_else(environment::user_at_machine)
}

/// Seconds since 1970-01-01 UTC.
pub(crate) fn now() -> i64 {
    Timestamp::now().as_second()
}

/// An entry by somebody, now.
pub(crate) fn entry(
    incident: IncidentId,
    actor: &str,
    kind: EventKind,
    text: &str,
    facts: &[(&str, &str)],
) -> Entry {
    leeward_watch::entry::entry(incident, now(), actor, kind, text, facts)
}

/// This process, as others on this machine know it.
pub(crate) fn host() -> Host {
    Host {
        machine: environment::machine(),
        process: std::process::id(),
        is_running: environment::is_running,
        now,
    }
}
