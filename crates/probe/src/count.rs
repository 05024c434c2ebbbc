//! Counting what answers list, as a dossier describes it: how many, how large,
//! since when, by what. Names and numbers go in; whatever else an answer holds
//! is dropped here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use leeward_dossier::probe::{Find, Naming, Only};
use leeward_model::{Count, Grant, Tally, Trait};
use serde_json::Value;

/// Names that are kept of what was found.
const NAMES: usize = 20;
/// Values that things are told apart by; the rest is counted as others.
const VALUES: usize = 12;
/// A name longer than this says no more.
const LONGEST_NAME: usize = 120;

/// Things of one kind, as they are listed page by page.
pub(crate) struct Counter<'d> {
    find: &'d Find,
    probe: &'d str,
    listed: u64,
    /// Sum of what the provider said, over all questions that listed them.
    total: Option<u64>,
    complete: bool,
    answered: bool,
    /// The provider answered with something that is no list.
    unsaid: bool,
    bytes: Option<u64>,
    sums: Vec<u64>,
    by: Vec<BTreeMap<String, u64>>,
    span: Option<(i64, i64)>,
    names: Vec<String>,
}

impl<'d> Counter<'d> {
    pub(crate) fn new(find: &'d Find, probe: &'d str) -> Self {
        Self {
            find,
            probe,
            listed: 0,
            total: None,
            complete: true,
            answered: false,
            unsaid: false,
            bytes: None,
            sums: vec![0; find.sums.len()],
            by: vec![BTreeMap::new(); find.by.len()],
            span: None,
            names: Vec::new(),
        }
    }

    /// Takes one page, the first of its question or a later one.
    pub(crate) fn page(&mut self, json: &Value, first: bool) {
        self.answered = true;
        if first && let Some(total) = self.find.total.as_deref().and_then(|at| number(json, at)) {
            self.total = Some(self.total.unwrap_or_default().saturating_add(total));
        }
        self.unsaid |= at(json, &self.find.list).is_some_and(Value::is_object);
        let items = items(json, &self.find.list);
        for item in items.iter().filter(|item| counts(self.find.only.as_ref(), item)) {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Value) {
        self.listed += 1;
        let find = self.find;
        if let Some(bytes) = find.bytes.as_deref().and_then(|at| number(item, at)) {
            self.bytes = Some(self.bytes.unwrap_or_default().saturating_add(bytes));
        }
        if let Some(at) = find.time.as_deref().and_then(|at| time(item.pointer(at)?)) {
            let (first, last) = self.span.unwrap_or((at, at));
            self.span = Some((first.min(at), last.max(at)));
        }
        for (sum, of) in self.sums.iter_mut().zip(&find.sums) {
            *sum = sum.saturating_add(number(item, &of.at).unwrap_or_default());
        }
        for (counts, by) in self.by.iter_mut().zip(&find.by) {
            if let Some(value) = item.pointer(&by.at).and_then(text) {
                *counts.entry(value).or_default() += 1;
            }
        }
        if self.names.len() < NAMES
            && let Some(name) = find.name.as_deref().and_then(|at| text(item.pointer(at)?))
        {
            self.names.push(name);
        }
    }

    /// The list went on, and was not read further. If the provider said how
    /// many there are, that stands.
    pub(crate) fn ends_early(&mut self) {
        self.complete &= self.total.is_some() && self.find.only.is_none();
    }

    /// Whole lists of them were not asked for.
    pub(crate) fn is_cut(&mut self) {
        self.complete = false;
    }

    /// What was counted, if anything answered.
    pub(crate) fn grant(self) -> Option<Grant> {
        let find = self.find;
        let count = match self.total {
            None if self.unsaid => Count::Unsaid,
            Some(total) if find.only.is_none() && self.complete => {
                Count::Exactly(total.max(self.listed))
            }
            Some(total) if find.only.is_none() => Count::AtLeast(total.max(self.listed)),
            _ if self.complete => Count::Exactly(self.listed),
            _ => Count::AtLeast(self.listed),
        };
        let tally = |(counts, by): (BTreeMap<String, u64>, &leeward_dossier::probe::Labelled)| {
            let mut counts: Vec<_> = counts.into_iter().collect();
            counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            if counts.len() > VALUES {
                let others = counts.split_off(VALUES).iter().map(|(_, count)| count).sum();
                counts.push(("others".to_owned(), others));
            }
            Tally { label: by.label.clone(), counts }
        };
        self.answered.then(|| Grant {
            id: find.id.clone(),
            permission: find.permission.clone(),
            noun: (find.one.clone(), find.many.clone()),
            verb: find.verb.clone(),
            count,
            listed: self.listed,
            bytes: self.bytes,
            sums: find.sums.iter().map(|sum| sum.label.clone()).zip(self.sums).collect(),
            tallies: self
                .by
                .into_iter()
                .zip(&find.by)
                .map(tally)
                .filter(|tally| !tally.counts.is_empty())
                .collect(),
            span: self.span,
            names: self.names,
            target: find.target,
            raises: find.raises.clone().filter(|_| count.known() > 0 || count == Count::Unsaid),
            probe: self.probe.to_owned(),
        })
    }
}

/// What stands at the first of some pointers, parted by `|`, that leads
/// anywhere.
pub(crate) fn at<'v>(json: &'v Value, pointers: &str) -> Option<&'v Value> {
    pointers.split('|').find_map(|pointer| json.pointer(pointer))
}

/// The items of a list, wherever it stands; none if there is no list there.
pub(crate) fn items<'v>(json: &'v Value, list: &str) -> &'v [Value] {
    at(json, list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn counts(only: Option<&Only>, item: &Value) -> bool {
    let Some(only) = only else { return true };
    let value = item.pointer(&only.at).and_then(text).unwrap_or_default();
    let is_among = |values: &[String]| values.contains(&value);
    (only.is.is_empty() || is_among(&only.is)) && !is_among(&only.isnt)
}

/// What an answer says of whose a secret is. A `*` in a pointer stands for
/// every item of a list.
pub(crate) fn traits(json: &Value, identity: &[Naming]) -> Vec<Trait> {
    let mut traits = Vec::new();
    for naming in identity {
        let values = match naming.at.split_once("/*") {
            Some((list, rest)) => items(json, list)
                .iter()
                .take(NAMES)
                .filter_map(|item| text(item.pointer(rest)?))
                .collect(),
            None => json.pointer(&naming.at).and_then(text).into_iter().collect::<Vec<_>>(),
        };
        for value in values {
            let (role, label) = (naming.role.clone(), naming.label.clone());
            let it = Trait { role, label, value };
            if !traits.contains(&it) {
                traits.push(it);
            }
        }
    }
    traits
}

/// A value as a short text; nothing for what is absent, empty, or no text.
pub(crate) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let short = text.char_indices().nth(LONGEST_NAME).map(|(end, _)| format!("{}…", &text[..end]));
    Some(short.unwrap_or(text)).filter(|text| !text.is_empty())
}

/// An id or a cursor, exactly as it came; nothing for what is absent, empty, or
/// longer than an address can hold.
pub(crate) fn whole(value: &Value) -> Option<String> {
    const LONGEST: usize = 4096;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty() && text.len() <= LONGEST)
}

fn number(json: &Value, at: &str) -> Option<u64> {
    let value = json.pointer(at)?;
    value.as_u64().or_else(|| {
        let float = value.as_f64()?;
        (float >= 0.0).then_some(float as u64)
    })
}

/// Seconds since 1970: as a number, as RFC 3339, or the first moment of a day.
pub(crate) fn time(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|f| f as i64)),
        Value::String(text) => text
            .parse::<Timestamp>()
            .ok()
            .map(Timestamp::as_second)
            // The specification's date-times do not always have an offset.
            .or_else(|| format!("{text}Z").parse::<Timestamp>().ok().map(Timestamp::as_second))
            .or_else(|| {
                let moment = format!("{text}T00:00:00Z").parse::<Timestamp>();
                moment.ok().map(Timestamp::as_second)
            }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use leeward_dossier::probe::Labelled;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn find() -> Find {
        let labelled = |label: &str, at: &str| Labelled { label: label.into(), at: at.into() };
        Find {
            id: "files".into(),
            permission: "extract-data".into(),
            verb: "read".into(),
            one: "file".into(),
            many: "files".into(),
            list: "/data".into(),
            total: Some("/total".into()),
            only: None,
            name: Some("/name".into()),
            bytes: Some("/bytes".into()),
            time: Some("/at".into()),
            sums: vec![labelled("lines", "/lines")],
            by: vec![labelled("purpose", "/purpose")],
            target: false,
            raises: None,
        }
    }

    #[test]
    fn pages_add_up() {
        let find = find();
        let mut counter = Counter::new(&find, "files");
        counter.page(
            &json!({"total": 3, "data": [
                {"name": "a", "bytes": 5, "at": 100, "lines": 2, "purpose": "batch"},
                {"name": null, "bytes": 6, "at": "1970-01-01T00:00:07Z", "purpose": "batch"},
            ]}),
            true,
        );
        counter
            .page(&json!({"total": 3, "data": [{"name": "c", "purpose": "ocr", "at": 50}]}), false);
        let grant = counter.grant().expect("answered");
        assert_eq!(grant.count, Count::Exactly(3));
        assert_eq!(grant.bytes, Some(11));
        assert_eq!(grant.span, Some((7, 100)));
        assert_eq!(grant.names, ["a", "c"]);
        assert_eq!(grant.sums, [("lines".to_owned(), 2)]);
        assert_eq!(grant.tallies[0].counts, [("batch".to_owned(), 2), ("ocr".to_owned(), 1)]);
    }

    #[test]
    fn a_cut_list_is_a_lower_bound() {
        let find = Find { total: None, ..find() };
        let mut counter = Counter::new(&find, "files");
        counter.page(&json!({"data": [{}, {}]}), true);
        counter.ends_early();
        assert_eq!(counter.grant().expect("answered").count, Count::AtLeast(2));
        assert!(Counter::new(&find, "files").grant().is_none(), "nobody answered");
    }

    #[test]
    fn what_was_not_seen_makes_nothing_worse() {
        let find = Find { total: None, raises: Some("it reads files".into()), ..find() };
        let raises = |items: Value, cut: bool| {
            let mut counter = Counter::new(&find, "files");
            counter.page(&json!({ "data": items }), true);
            if cut {
                counter.is_cut();
            }
            counter.grant().expect("answered").raises.is_some()
        };
        assert!(raises(json!([{}]), false));
        assert!(!raises(json!([]), false));
        assert!(!raises(json!([]), true), "none among those asked about");
    }

    #[test]
    fn a_total_stands_though_the_list_is_cut() {
        let find = find();
        let mut counter = Counter::new(&find, "files");
        counter.page(&json!({"total": 900, "data": [{}, {}]}), true);
        counter.ends_early();
        let grant = counter.grant().expect("answered");
        assert_eq!((grant.count, grant.listed), (Count::Exactly(900), 2));
    }

    #[test]
    fn only_some_items_count() {
        let only = Only { at: "/owner".into(), is: vec![], isnt: vec!["them".into()] };
        let find = Find { only: Some(only), ..find() };
        let mut counter = Counter::new(&find, "files");
        counter.page(&json!({"total": 9, "data": [{"owner": "them"}, {"owner": "us"}]}), true);
        assert_eq!(counter.grant().expect("answered").count, Count::Exactly(1));
    }

    #[test]
    fn strange_shapes_count_nothing() {
        let find = find();
        let count = |strange: &Value| {
            let mut counter = Counter::new(&find, "files");
            counter.page(strange, true);
            counter.grant().expect("answered").count
        };
        for strange in [json!(null), json!([]), json!({}), json!({"data": "x"})] {
            assert_eq!(count(&strange), Count::Exactly(0), "{strange}");
        }
        assert_eq!(count(&json!({"data": {"limit": 3}})), Count::Unsaid);
    }

    #[test]
    fn ids_and_cursors_come_as_they_are() {
        let long = "x".repeat(500);
        assert_eq!(whole(&json!(long)).as_deref(), Some(long.as_str()));
        assert_eq!(whole(&json!(" a ")).as_deref(), Some(" a "));
        assert_eq!(whole(&json!("")), None);
        assert_eq!(whole(&json!("x".repeat(5000))), None);
        assert!(text(&json!(long)).is_some_and(|name| name.chars().count() == LONGEST_NAME + 1));
    }

    #[test]
    fn a_list_may_stand_in_one_of_several_places() {
        let (wrapped, bare) = (json!({"data": [1, 2]}), json!([1, 2, 3]));
        assert_eq!(items(&wrapped, "/data|").len(), 2);
        assert_eq!(items(&bare, "/data|").len(), 3);
        assert!(items(&json!({"other": []}), "/data|").is_empty());
        assert!(at(&bare, "/data|/0").is_some() && at(&wrapped, "/none|/0").is_none());
    }

    #[test]
    fn identity_is_read_by_pointers() {
        let naming = |at: &str| Naming { role: "r".into(), label: "l".into(), at: at.into() };
        let json = json!({"a": {"b": " x "}, "list": [{"n": "1"}, {"n": "2"}, {"n": "1"}]});
        let said = |at: &str| -> Vec<String> {
            traits(&json, &[naming(at)]).into_iter().map(|it| it.value).collect()
        };
        assert_eq!(said("/a/b"), ["x"]);
        assert_eq!(said("/list/*/n"), ["1", "2"]);
        assert!(said("/a").is_empty() && said("/none").is_empty());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,200}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            let key = "data|total|name|bytes|at|lines|purpose|a";
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..6)
                    .prop_map(|map| Value::from(serde_json::Map::from_iter(map))),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_answer_is_survived(pages in prop::collection::vec(any_json(), 1..4)) {
            let find = find();
            let mut counter = Counter::new(&find, "files");
            for (index, page) in pages.iter().enumerate() {
                counter.page(page, index == 0);
                let naming = |at: &str| Naming { role: "r".into(), label: "l".into(), at: at.into() };
                for it in traits(page, &[naming("/data/*/name"), naming("/name"), naming("")]) {
                    prop_assert!(it.value.chars().count() <= LONGEST_NAME + 1);
                }
            }
            let grant = counter.grant().expect("answered");
            prop_assert!(grant.names.len() <= NAMES);
            prop_assert!(grant.tallies.iter().all(|tally| tally.counts.len() <= VALUES + 1));
            prop_assert!(grant.span.is_none_or(|(first, last)| first <= last));
        }
    }
}
