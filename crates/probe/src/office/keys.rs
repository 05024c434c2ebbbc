//! Keys as an administrator has them: found by their last characters or their
//! name, deleted, and made.

use std::collections::BTreeSet;

use jiff::Timestamp;
use leeward_dossier::administer::Find;
use leeward_model::Secret;
use serde_json::Value;
use zeroize::Zeroize as _;

use super::{
    Answered, Duty, KeyRecord, MOST_PAGES, Office, Refused, RefusedKind,
    fill::{Filler, Fillers},
    following, joined,
    ruling::wipe,
};
use crate::{
    answer::hide_in,
    assess::{at_page, first},
    count::items,
};

/// A key that is to be made.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// What it is to be called.
    pub name: String,
    /// The id of the workspace or project that it is to belong to.
    pub workspace_id: Option<String>,
    /// The id of the user that it is made for.
    pub user_id: Option<String>,
    /// When it is to end: seconds since 1970-01-01 UTC. Some providers take a
    /// day only.
    pub expires: Option<i64>,
}

/// A key that was made.
#[derive(Debug)]
pub struct Created {
    /// Its value, which is told this once.
    pub secret: Secret,
    /// Its record.
    pub record: KeyRecord,
}

impl Office {
    /// The records of keys whose value may end with these characters. Providers
    /// that look for them in names too list those as well: hold each against
    /// the hint.
    ///
    /// # Errors
    /// Why there are none that can be relied on.
    pub fn find_by_tail(&self, tail: &str) -> Result<Answered<Vec<KeyRecord>>, Refused> {
        // More of a value than a hint shows never stands in an address.
        const LONGEST: usize = 8;
        if tail.is_empty() || tail.chars().count() > LONGEST {
            let why = "not asked: a key is looked for by its last four characters";
            return Err(Refused::unsent(RefusedKind::NotUnderstood, why));
        }
        let ends = |record: &KeyRecord| record.may_end_with(tail);
        self.find(|find| find.by_tail.as_deref(), ("tail", tail), ends)
    }

    /// The records of keys whose name holds this text, in any case; all records
    /// if it is empty.
    ///
    /// # Errors
    /// Why there are none that can be relied on.
    pub fn find_by_name(&self, name: &str) -> Result<Answered<Vec<KeyRecord>>, Refused> {
        let wanted = name.to_lowercase();
        let holds = |record: &KeyRecord| {
            record.name.as_deref().unwrap_or_default().to_lowercase().contains(&wanted)
        };
        if name.is_empty() {
            return self.find(|_| None, ("name", name), holds);
        }
        self.find(|find| find.by_name.as_deref(), ("name", name), holds)
    }

    /// Deletes the key of an id.
    ///
    /// # Errors
    /// Why it was not deleted, or may have been: [`RefusedKind::Gone`] if there
    /// is none of that id, [`RefusedKind::Unsure`] if no answer came.
    pub fn delete(&self, key_id: &str) -> Result<Answered<()>, Refused> {
        let errand = self.errand(Duty::Delete)?;
        let fillers = vec![("key-id", Filler::Text(key_id.to_owned()))];
        let (_, evidence) = self.send(Duty::Delete, errand, &errand.url, &fillers)?;
        Ok(Answered { value: (), partial: None, evidence })
    }

    /// Makes a key. It is sent once.
    ///
    /// # Errors
    /// Why none was made, or may have been: after [`RefusedKind::Unsure`] look
    /// for its name, delete what is there, and try again.
    pub fn create(&self, wanted: &Wanted) -> Result<Answered<Created>, Refused> {
        let unsupported = || Refused::unsupported(Duty::Create);
        let create = self.administer.create.as_ref().ok_or_else(unsupported)?;
        let pointers = self.administer.record.as_ref().ok_or_else(unsupported)?;
        let fillers = wanted.fillers();
        let errand = &create.request;
        let (mut json, evidence) = self.send(Duty::Create, errand, &errand.url, &fillers)?;
        let secret = json.as_mut().and_then(|json| take_secret(json, &create.value));
        let Some(secret) = secret else {
            wipe(json.as_mut());
            let why = "the answer holds no value: the key may exist all the same; look for its name, \
                       delete it, and make another";
            return Err(Refused { why: why.to_owned(), kind: RefusedKind::Unsure, evidence });
        };
        let mut json = json.unwrap_or_default();
        hide_in(&mut json, &secret);
        self.clean(&mut json);
        let record = json.pointer(&create.record).unwrap_or(&Value::Null);
        let record = KeyRecord::read(pointers, record);
        Ok(Answered { value: Created { secret, record }, partial: None, evidence })
    }

    /// All records of a list, page by page, that are wanted.
    fn find(
        &self,
        narrow: impl Fn(&Find) -> Option<&str>,
        (name, text): (&'static str, &str),
        is_wanted: impl Fn(&KeyRecord) -> bool,
    ) -> Result<Answered<Vec<KeyRecord>>, Refused> {
        let unsupported = || Refused::unsupported(Duty::Find);
        let find = self.administer.find.as_ref().ok_or_else(unsupported)?;
        let pointers = self.administer.record.as_ref().ok_or_else(unsupported)?;
        let (errand, fillers) = (&find.request, vec![(name, Filler::Text(text.to_owned()))]);
        let narrow = narrow(find);
        let address = narrow.map_or_else(|| errand.url.clone(), |it| joined(&errand.url, it));
        let base = self.address(&address, &fillers)?;
        let mut records: Vec<KeyRecord> = Vec::new();
        let mut evidence = Vec::new();
        let mut next = first(find.pages.as_ref());
        let mut pages = BTreeSet::from([next.clone()]);
        let (mut listed, mut done) = (0, 0);
        let partial = loop {
            let url = at_page(&base, find.pages.as_ref(), next.as_deref());
            let json = match self.carry(Duty::Find, errand, url, None) {
                Ok((json, more)) => {
                    evidence.extend(more);
                    json.unwrap_or_default()
                }
                Err(refused) if done == 0 => return Err(refused),
                Err(refused) => {
                    evidence.extend(refused.evidence);
                    break Some(format!("the list ends after {listed}: {}", refused.why));
                }
            };
            let page = items(&json, &find.list);
            let before = listed;
            for item in page {
                let record = KeyRecord::read(pointers, item);
                listed += 1;
                let is_new =
                    records.iter().all(|known| known.id != record.id || known.id.is_empty());
                // Where the provider looked for it, all that it lists counts.
                if is_new && (narrow.is_some() || is_wanted(&record)) {
                    records.push(record);
                }
            }
            done += 1;
            next = following(find.pages.as_ref(), &json, done, listed, listed - before);
            if next.is_none() {
                break None;
            }
            // A list that leads in a circle has no end.
            if done == MOST_PAGES || !pages.insert(next.clone()) {
                break Some(format!("only the first {listed} records were looked at"));
            }
        };
        Ok(Answered { value: records, partial, evidence })
    }
}

impl Wanted {
    fn fillers(&self) -> Fillers {
        let text = |text: &str| Filler::Text(text.to_owned());
        let mut fillers = vec![("name", text(&self.name))];
        fillers.extend(self.workspace_id.as_deref().map(|id| ("workspace-id", text(id))));
        fillers.extend(self.user_id.as_deref().map(|id| ("user-id", text(id))));
        let moment = self.expires.and_then(|at| Timestamp::from_second(at).ok());
        if let Some(moment) = moment {
            let written = moment.to_string();
            let day = written.split('T').next().unwrap_or_default();
            fillers.push(("expires", text(day)));
            fillers.push(("expires-time", text(&written)));
            fillers.push(("expires-unix", Filler::Number(moment.as_second())));
        }
        fillers
    }
}

/// Takes a value out of an answer, leaving nothing behind.
fn take_secret(json: &mut Value, at: &str) -> Option<Secret> {
    let Value::String(text) = json.pointer_mut(at)? else { return None };
    let secret = (!text.is_empty()).then(|| Secret::new(text.as_bytes()));
    text.zeroize();
    secret
}
