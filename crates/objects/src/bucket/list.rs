//! The keys of a bucket, page by page, in the order that the store has them in. A key
//! that the stores' client has no way to ask for fails a whole page there: here the
//! page is listed in parts around it, and it alone is told.

use std::sync::Arc;

use object_store::{
    Error, ObjectMeta,
    list::{PaginatedListOptions, PaginatedListStore},
    path,
};

use super::trouble::Trouble;

/// Keys asked for at once where a page could not be read as a whole.
const PART: usize = 256;

/// Pages without any key, one behind the other, that are believed to lead somewhere.
const EMPTY: usize = 10_000;

/// A part of a listing.
pub(super) enum Listed {
    /// Objects, in order.
    Page(Vec<ObjectMeta>),
    /// A key that cannot be asked for.
    Unaskable(String),
}

/// Lists a bucket from some key on.
pub(super) struct Lister {
    store: Arc<dyn PaginatedListStore>,
    prefix: Option<String>,
    /// The last key that was listed.
    after: Option<String>,
    token: Option<String>,
    /// How many keys are asked for, where it is not the store that decides.
    part: Option<usize>,
    empty: usize,
    is_done: bool,
}

impl Lister {
    pub(super) fn new(
        store: Arc<dyn PaginatedListStore>,
        prefix: &str,
        after: Option<String>,
    ) -> Self {
        let prefix = Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty());
        Self { store, prefix, after, token: None, part: None, empty: 0, is_done: false }
    }

    /// What comes next; nothing at the end.
    pub(super) async fn next(&mut self) -> Option<Result<Listed, Trouble>> {
        while !self.is_done {
            let options = PaginatedListOptions {
                offset: self.after.clone().filter(|_| self.token.is_none()),
                max_keys: self.part,
                page_token: self.token.clone(),
                ..PaginatedListOptions::default()
            };
            match self.store.list_paginated(self.prefix.as_deref(), options).await {
                Ok(page) => {
                    let objects = page.result.objects;
                    match self.take(objects, page.page_token) {
                        Ok(objects) if objects.is_empty() => {}
                        Ok(objects) => return Some(Ok(Listed::Page(objects))),
                        Err(trouble) => return Some(Err(trouble)),
                    }
                }
                Err(Error::InvalidPath { source }) => {
                    self.token = None;
                    match self.part {
                        None => self.part = Some(PART),
                        Some(1) => {
                            self.part = None;
                            return Some(self.unaskable(source));
                        }
                        Some(part) => self.part = Some(part / 2),
                    }
                }
                Err(error) => {
                    self.is_done = true;
                    return Some(Err(Trouble::of(&error)));
                }
            }
        }
        None
    }

    /// The last key that was listed.
    pub(super) fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    fn take(
        &mut self,
        mut objects: Vec<ObjectMeta>,
        token: Option<String>,
    ) -> Result<Vec<ObjectMeta>, Trouble> {
        let is_told = !objects.is_empty();
        // A key that ends in a slash is listed without it, and so once more behind
        // itself.
        objects.retain(|object| Some(object.location.as_ref()) != self.after.as_deref());
        match (objects.last(), &self.after) {
            (Some(last), _) => self.after = Some(last.location.as_ref().to_owned()),
            (None, Some(known)) if is_told => self.after = Some(format!("{known}/")),
            (None, _) => {}
        }
        self.empty = if objects.is_empty() { self.empty + 1 } else { 0 };
        if token.is_some() && token == self.token || self.empty > EMPTY {
            self.is_done = true;
            return Err(Trouble::Broken("the listing leads to itself".to_owned()));
        }
        self.is_done = token.is_none();
        // A part is asked for by the key before it.
        self.token = token.filter(|_| self.part.is_none());
        Ok(objects)
    }

    fn unaskable(&mut self, source: path::Error) -> Result<Listed, Trouble> {
        let (path::Error::EmptySegment { path } | path::Error::BadSegment { path, .. }) = source
        else {
            self.is_done = true;
            return Err(Trouble::Broken("the listing makes no sense".to_owned()));
        };
        if self.after.as_deref() == Some(path.as_str()) {
            self.is_done = true;
            return Err(Trouble::Broken("the listing leads to itself".to_owned()));
        }
        self.after = Some(path.clone());
        Ok(Listed::Unaskable(path))
    }
}
