//! What does it reach? The questions of a dossier that count what lies behind
//! a live secret, page by page and within bounds, and the gaps they leave.
//! What follows from the counts is `outcome`'s.

use std::collections::{BTreeMap, BTreeSet};

use leeward_dossier::{
    Dossier,
    probe::{Meaning, PageBy, Pages, Probe},
};
use leeward_model::{Assessment, Companion, Gap, Secret, Verification};
use serde_json::Value;
use url::Url;

use crate::{
    ask::Credential,
    count::{Counter, items, traits, whole},
    outcome::{self, Refusal},
    prober::Prober,
    verify::naming,
};

/// Pages that are read of one list.
const MOST_PAGES: u64 = 5;
/// Requests that one assessment makes in all.
const MOST_REQUESTS: usize = 150;

impl Prober {
    /// Whose a live secret is: the questions that name the owner and no more.
    pub(crate) async fn identify(
        &self,
        dossier: &Dossier,
        secret: &Secret,
        companions: &[Companion],
    ) -> Assessment {
        let mut survey = Survey::new(self, dossier, Credential { secret, companions });
        survey.all(naming(dossier)).await;
        survey.known
    }

    /// What a live secret reaches. Nothing is asked about one that is not.
    pub(crate) async fn assess(
        &self,
        dossier: &Dossier,
        secret: &Secret,
        companions: &[Companion],
        verification: &Verification,
    ) -> Option<Assessment> {
        if !verification.validity.is_live() {
            return None;
        }
        let mut survey = Survey::new(self, dossier, Credential { secret, companions });
        let probes = || naming(dossier).chain(&dossier.assess.requests);
        // What is asked for every item of a list may use up the bound of
        // requests, so whatever takes only a few comes before it.
        let (of_items, of_lists): (Vec<_>, Vec<_>) =
            probes().partition(|probe| probe.each.is_some());
        survey.all(of_lists.into_iter().chain(of_items)).await;
        let Survey { mut known, refusals, .. } = survey;
        // Told in the order of the dossier all the same.
        let place = |id: &str| probes().position(|probe| probe.id == id);
        known.grants.sort_by_key(|grant| place(&grant.probe));
        known.gaps.sort_by_key(|gap| place(&gap.probe));
        Some(outcome::conclude(dossier, verification.validity, known, &refusals))
    }
}

/// One assessment on its way.
struct Survey<'p> {
    prober: &'p Prober,
    dossier: &'p Dossier,
    credential: Credential<'p>,
    known: Assessment,
    refusals: Vec<Refusal>,
    /// Ids of the items that were listed, by what was found.
    ids: BTreeMap<String, Vec<String>>,
    requests: usize,
}

impl<'p> Survey<'p> {
    fn new(prober: &'p Prober, dossier: &'p Dossier, credential: Credential<'p>) -> Self {
        Self {
            prober,
            dossier,
            credential,
            known: Assessment::default(),
            refusals: Vec::new(),
            ids: BTreeMap::new(),
            requests: 0,
        }
    }

    async fn all(&mut self, probes: impl Iterator<Item = &'p Probe>) {
        for probe in probes {
            self.question(probe).await;
        }
    }

    /// One question, or one for each item of an earlier one.
    async fn question(&mut self, probe: &'p Probe) {
        let mut counters: Vec<Counter<'p>> =
            probe.finds.iter().map(|find| Counter::new(find, &probe.id)).collect();
        match &probe.each {
            None => {
                self.pages(probe, &probe.url, &mut counters).await;
            }
            Some(each) => {
                let Some(items) = self.ids.get(&each.of).cloned() else {
                    self.gap(probe, format!("not asked: {} were not listed", each.of));
                    return;
                };
                for (index, item) in items.iter().enumerate() {
                    if index == each.most {
                        counters.iter_mut().for_each(Counter::is_cut);
                        let why = format!(
                            "asked for the first {} of {} {}, the bound on requests",
                            each.most,
                            items.len(),
                            each.of
                        );
                        self.gap(probe, why);
                        break;
                    }
                    let Some(item) = segment(item) else {
                        self.gap(probe, "the provider names an item that is no name".to_owned());
                        continue;
                    };
                    let url = probe.url.replace("{item}", &item);
                    if !self.pages(probe, &url, &mut counters).await {
                        counters.iter_mut().for_each(Counter::is_cut);
                        self.gap(probe, format!("not answered for some {}", each.of));
                        // One may be refused what another is not; but what gets no
                        // answer at all is not asked twenty times.
                        let last = self.known.evidence.last();
                        if last.is_none_or(|last| last.status.is_none_or(|it| it >= 500)) {
                            break;
                        }
                    }
                }
            }
        }
        self.known.grants.extend(counters.into_iter().filter_map(Counter::grant));
    }

    /// All pages of one list; whether the provider answered.
    async fn pages(&mut self, probe: &'p Probe, text: &str, counters: &mut [Counter<'p>]) -> bool {
        let settings = &self.prober.settings;
        let base = match settings.address_for(self.dossier, probe, text, self.credential) {
            Ok(url) => url,
            Err(why) => {
                self.gap(probe, why);
                return false;
            }
        };
        let most = probe.pages.as_ref().and_then(|pages| pages.most).unwrap_or(MOST_PAGES);
        let mut seen = BTreeSet::new();
        let mut listed = 0;
        let mut next = first(probe.pages.as_ref());
        for page in 0.. {
            if self.requests == MOST_REQUESTS {
                counters.iter_mut().for_each(Counter::ends_early);
                self.gap(probe, format!("the bound of {MOST_REQUESTS} requests was met"));
                return page > 0;
            }
            let url = at_page(&base, probe.pages.as_ref(), next.as_deref());
            let Some(json) = self.ask(probe, &url).await else {
                if page > 0 {
                    counters.iter_mut().for_each(Counter::ends_early);
                }
                return page > 0;
            };
            counters.iter_mut().for_each(|counter| counter.page(&json, page == 0));
            self.note_ids(probe, &json);
            for it in traits(&json, &probe.identity) {
                if !self.known.identity.contains(&it) {
                    self.known.identity.push(it);
                }
            }
            listed += probe.finds.first().map_or(0, |find| items(&json, &find.list).len() as u64);
            next = following(probe, &json, page + 1, listed);
            match &next {
                None => return true,
                // A list that leads in a circle has no end.
                Some(next) if !seen.insert(next.clone()) => break,
                Some(_) if page + 1 == most => break,
                Some(_) => {}
            }
        }
        counters.iter_mut().for_each(Counter::ends_early);
        true
    }

    async fn ask(&mut self, probe: &'p Probe, url: &Url) -> Option<Value> {
        self.requests += 1;
        let reply = self.prober.asker.ask(self.dossier, probe, url, self.credential).await;
        self.known.evidence.extend(reply.evidence);
        match (reply.json, reply.meaning, reply.status) {
            (Some(json), Meaning::Active, _) => return Some(json),
            (_, Meaning::Restricted, Some(403)) if !probe.finds.is_empty() => {
                self.refuse(probe, reply.why);
            }
            _ => self.gap(probe, reply.why),
        }
        None
    }

    /// Notes what the provider said no to, once for each question.
    fn refuse(&mut self, probe: &Probe, why: String) {
        if self.refusals.iter().all(|one| one.probe != probe.id) {
            let permissions = probe.finds.iter().map(|find| find.permission.clone()).collect();
            let (probe, what) = (probe.id.clone(), what(probe));
            self.refusals.push(Refusal { probe, what, permissions, why });
        }
    }

    /// Remembers the ids of listed items for the questions about each of them.
    fn note_ids(&mut self, probe: &Probe, json: &Value) {
        for find in &probe.finds {
            let later = self.dossier.assess.requests.iter().filter_map(|later| later.each.as_ref());
            let Some(each) = later.into_iter().find(|each| each.of == find.id) else { continue };
            let ids =
                items(json, &find.list).iter().filter_map(|item| whole(item.pointer(&each.id)?));
            self.ids.entry(find.id.clone()).or_default().extend(ids);
        }
    }

    /// Notes what stays unknown, once for each question.
    fn gap(&mut self, probe: &Probe, why: String) {
        if self.known.gaps.iter().any(|gap| gap.probe == probe.id) {
            return;
        }
        let by_choice = !self.prober.settings.allows(self.dossier, probe);
        self.known.gaps.push(Gap { probe: probe.id.clone(), what: what(probe), why, by_choice });
    }
}

/// What a question would show, in the words of its dossier.
fn what(probe: &Probe) -> String {
    let counted = probe.finds.iter().map(|find| find.many.as_str());
    let named = probe.identity.iter().map(|naming| naming.label.as_str());
    let all: Vec<&str> = if probe.finds.is_empty() { named.collect() } else { counted.collect() };
    all.join(", ")
}

/// An item's id as one segment of a path: it comes from the provider and must
/// not lead anywhere else. What would be read as a way upwards is none.
pub(crate) fn segment(id: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let segment: String = id
        .bytes()
        .map(|byte| match byte {
            byte if is_plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    (segment.len() > segment.matches('.').count()).then_some(segment)
}

pub(crate) fn first(pages: Option<&Pages>) -> Option<String> {
    pages.filter(|pages| pages.by != PageBy::Cursor).map(|pages| pages.first.to_string())
}

/// The address of a page. Where pages are counted the first is named too, as
/// some providers count from 0 and some from 1.
pub(crate) fn at_page(base: &Url, pages: Option<&Pages>, at: Option<&str>) -> Url {
    let mut url = base.clone();
    if let (Some(pages), Some(at)) = (pages, at) {
        url.query_pairs_mut().append_pair(&pages.parameter, at);
    }
    url
}

/// Where the next page begins, if there is one. `listed` counts the items of
/// all pages so far, `done` the pages.
fn following(probe: &Probe, json: &Value, done: u64, listed: u64) -> Option<String> {
    let (pages, find) = (probe.pages.as_ref()?, probe.finds.first()?);
    let here = items(json, &find.list).len() as u64;
    if pages.by == PageBy::Cursor {
        return match pages.next.as_deref() {
            Some(at) => json.pointer(at).and_then(whole),
            // Only the first page can be asked for; a full one is not all.
            None => (here >= pages.size).then(String::new),
        };
    }
    let total = find.total.as_deref().and_then(|at| json.pointer(at)?.as_u64());
    let is_last = here == 0 || total.map_or(here < pages.size, |total| listed >= total);
    (!is_last).then(|| match pages.by {
        PageBy::Offset => listed.to_string(),
        _ => (pages.first + done).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment() {
        let path = |id: &str| {
            let url = format!("https://a.b/v1/x/{}/y", segment(id)?);
            Some(Url::parse(&url).expect("an address").path().to_owned())
        };
        assert_eq!(path("0a1b-2c_D").as_deref(), Some("/v1/x/0a1b-2c_D/y"));
        assert_eq!(path("my.name").as_deref(), Some("/v1/x/my.name/y"));
        assert_eq!(path("../a?x#y").as_deref(), Some("/v1/x/..%2Fa%3Fx%23y/y"));
        assert_eq!(path("%2e%2e").as_deref(), Some("/v1/x/%252e%252e/y"));
        for upwards in ["", ".", "..", "..."] {
            assert_eq!(path(upwards), None, "{upwards}");
        }
    }
}
