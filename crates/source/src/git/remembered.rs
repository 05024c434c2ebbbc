//! Histories that were found before: of the same objects, in a repository that holds the
//! same and whose refs and logs lead to the same. What a commit says is read again; what is
//! kept is names of objects, paths and refs.

use std::collections::{BTreeSet, HashMap};

use leeward_model::{History, Judged, Mark, ObjectId};

use super::{Histories, Repository, ScanError, attribute::describe, reader::Reader, refs::Refs};
use crate::Progress;

impl Repository {
    /// [`Self::attribute`], or what it said the last time if nothing has changed since.
    /// Nothing is kept that holds a path or the name of a ref that `may_keep` denies.
    ///
    /// # Errors
    /// As for [`Self::attribute`].
    pub fn attribute_again(
        &self,
        objects: &BTreeSet<ObjectId>,
        threads: usize,
        progress: &Progress,
        judged: &dyn Judged,
        may_keep: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Histories, ScanError> {
        if objects.is_empty() {
            return Ok(Histories::default());
        }
        let mark = self.mark_of_history(objects);
        if let Some(of) = mark.and_then(|mark| self.read_histories(&judged.noted(mark)?, objects)) {
            return Ok(Histories { of, ..Histories::default() });
        }
        let histories = self.attribute(objects, threads, progress)?;
        if let Some(mark) = mark.filter(|_| histories.warnings.is_empty()) {
            let texts = histories.of.values().flat_map(|history| {
                let refs = history.refs.iter().map(|name| name.as_bytes());
                history.paths.iter().map(Vec::as_slice).chain(refs)
            });
            if texts.into_iter().all(may_keep) {
                judged.note(mark, &written(&histories.of));
            }
        }
        Ok(histories)
    }

    /// All that a history follows from; `None` if not all of it can be read.
    fn mark_of_history(&self, objects: &BTreeSet<ObjectId>) -> Option<Mark> {
        let Refs { named, head, mut unnamed, mut stashed, problems } = self.refs();
        if !problems.is_empty() {
            return None;
        }
        let mut told = Told::default();
        told.list(objects.iter().map(ObjectId::as_bytes));
        told.list(named.iter().flat_map(|(name, id)| [name.as_slice(), id.as_bytes()]));
        told.list(head.iter().map(ObjectId::as_bytes));
        for set in [&mut unnamed, &mut stashed] {
            let sorted: BTreeSet<ObjectId> = set.drain().collect();
            told.list(sorted.iter().map(ObjectId::as_bytes));
        }
        let mut sums = Vec::new();
        for pack in &self.objects.packs {
            sums.push([pack.checksum()?, pack.index.checksum()?].concat());
        }
        sums.sort();
        told.list(sums.iter().map(Vec::as_slice));
        told.list(self.loose_only().iter().map(ObjectId::as_bytes));
        Some(Mark::of("git history", &[&told.0]))
    }

    fn read_histories(
        &self,
        mut bytes: &[u8],
        objects: &BTreeSet<ObjectId>,
    ) -> Option<HashMap<ObjectId, History>> {
        let (mut reader, mut commits) = (Reader::new(&self.objects), HashMap::new());
        let mut histories = HashMap::new();
        while !bytes.is_empty() {
            let id = ObjectId::from_bytes(take(&mut bytes)?)?;
            let &[is_reachable, is_in_head] = take(&mut bytes)? else { return None };
            let introduced = match take(&mut bytes)? {
                b"" => None,
                id => {
                    let id = ObjectId::from_bytes(id)?;
                    let commit = commits.entry(id).or_insert_with(|| describe(id, &mut reader));
                    Some(commit.clone())
                }
            };
            let paths = take_list(&mut bytes)?.into_iter().map(<[u8]>::to_vec).collect();
            let refs = take_list(&mut bytes)?;
            let refs = refs.into_iter().map(|name| String::from_utf8(name.to_vec()));
            histories.insert(
                id,
                History {
                    paths,
                    introduced,
                    in_head: is_in_head != 0,
                    reachable: is_reachable != 0,
                    refs: refs.collect::<Result<_, _>>().ok()?,
                },
            );
        }
        objects.iter().all(|id| histories.contains_key(id)).then_some(histories)
    }
}

fn written(histories: &HashMap<ObjectId, History>) -> Vec<u8> {
    let mut told = Told::default();
    for (id, history) in histories {
        told.text(id.as_bytes());
        told.text(&[u8::from(history.reachable), u8::from(history.in_head)]);
        told.text(history.introduced.as_ref().map_or(&[], |commit| commit.id.as_bytes()));
        told.list(history.paths.iter().map(Vec::as_slice));
        told.list(history.refs.iter().map(String::as_bytes));
    }
    told.0
}

/// Texts one after the other, each with its length before it.
#[derive(Default)]
struct Told(Vec<u8>);

impl Told {
    fn text(&mut self, text: &[u8]) {
        self.0.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.0.extend_from_slice(text);
    }

    fn list<'t>(&mut self, texts: impl Iterator<Item = &'t [u8]>) {
        let texts: Vec<_> = texts.collect();
        self.text(&(texts.len() as u32).to_le_bytes());
        texts.into_iter().for_each(|text| self.text(text));
    }
}

fn take<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    *bytes = rest;
    Some(text)
}

fn take_list<'b>(bytes: &mut &'b [u8]) -> Option<Vec<&'b [u8]>> {
    let count = u32::from_le_bytes(take(bytes)?.try_into().ok()?);
    (0..count).map(|_| take(bytes)).collect()
}
