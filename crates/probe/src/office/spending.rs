//! What was spent, how much may be, and how fast: usage by month, the limit
//! that stops it, and the rates. Amounts are the provider's, in its currency;
//! nobody's use is told apart from anybody else's by them.

use leeward_dossier::administer::{self, Prices};
use serde_json::Value;

use super::{
    Answered, Duty, Office, Refused, RefusedKind,
    fill::Filler,
    record::{text_at, value_at},
};
use crate::count::time;

/// Usage and cost of a month.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// By category, as the dossier calls them; those with nothing in them too.
    pub lines: Vec<UsageLine>,
    /// The currency of costs.
    pub currency: Option<String>,
    /// Its first moment: seconds since 1970-01-01 UTC.
    pub start: Option<i64>,
    /// Its last moment: seconds since 1970-01-01 UTC.
    pub end: Option<i64>,
}

/// Usage of one category.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsageLine {
    /// What it is called.
    pub label: String,
    /// The sum of amounts, in the category's own unit.
    pub amount: f64,
    /// The sum of costs; `None` if not one item has a cost that is known.
    pub cost: Option<f64>,
    /// The part of the amount whose cost is not known.
    pub unpriced: f64,
}

/// The spending limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpendingLimit {
    /// How much may be spent in a month; `None` if that is not told.
    pub amount: Option<f64>,
    /// Whether there is no limit.
    pub unlimited: Option<bool>,
    /// Whether it is reached.
    pub reached: Option<bool>,
    /// What was spent.
    pub spent: Option<f64>,
    /// The currency.
    pub currency: Option<String>,
}

impl Office {
    /// Usage and cost of a month, from 1.
    ///
    /// # Errors
    /// Why there is none that can be relied on.
    pub fn usage(&self, year: i16, month: i8) -> Result<Answered<Usage>, Refused> {
        let unsupported = || Refused::unsupported(Duty::Usage);
        let usage = self.administer.usage.as_ref().ok_or_else(unsupported)?;
        if !(1..=12).contains(&month) {
            let why = "not asked: there is no such month";
            return Err(Refused::unsent(RefusedKind::NotUnderstood, why));
        }
        let fillers =
            vec![("year", Filler::Number(year.into())), ("month", Filler::Number(month.into()))];
        let errand = &usage.request;
        let (json, evidence) = self.send(Duty::Usage, errand, &errand.url, &fillers)?;
        let json = json.unwrap_or_default();
        let moment = |at: &Option<String>| value_at(&json, at.as_deref()?).and_then(time);
        let mut unread = 0;
        let lines = usage.categories.iter().map(|category| {
            let mut line = UsageLine { label: category.label.clone(), ..UsageLine::default() };
            if let Some(below) = value_at(&json, &category.at) {
                unread += add(usage, &json, below, &mut line, 0);
            }
            line
        });
        let value = Usage {
            lines: lines.collect(),
            currency: usage.currency.as_ref().and_then(|at| text_at(&json, at)),
            start: moment(&usage.start),
            end: moment(&usage.end),
        };
        let partial = (unread > 0).then(|| {
            format!(
                "{unread} items have no amount where the dossier looks for it; sums are too low"
            )
        });
        Ok(Answered { value, partial, evidence })
    }

    /// The spending limit.
    ///
    /// # Errors
    /// Why there is none that can be relied on.
    pub fn limit(&self) -> Result<Answered<SpendingLimit>, Refused> {
        let unsupported = || Refused::unsupported(Duty::Limit);
        let limit = self.administer.limit.as_ref().ok_or_else(unsupported)?;
        let errand = &limit.request;
        let (json, evidence) = self.send(Duty::Limit, errand, &errand.url, &Vec::new())?;
        let value = SpendingLimit::read(limit, &json.unwrap_or_default());
        Ok(Answered { value, partial: None, evidence })
    }

    /// Sets the spending limit, which is the whole organization's: when it is
    /// reached, everybody is refused. It is sent once; with the limit as the
    /// provider tells it afterwards.
    ///
    /// # Errors
    /// Why it was not set, or may have been: after [`RefusedKind::Unsure`] read
    /// the limit.
    pub fn brake(&self, amount: i64) -> Result<Answered<SpendingLimit>, Refused> {
        self.change(Duty::Brake, &vec![("amount", Filler::Number(amount))])
    }

    /// Takes the spending limit away, where there was none before.
    ///
    /// # Errors
    /// As for [`brake`](Self::brake).
    pub fn release(&self) -> Result<Answered<SpendingLimit>, Refused> {
        self.change(Duty::Release, &Vec::new())
    }

    fn change(
        &self,
        duty: Duty,
        fillers: &super::fill::Fillers,
    ) -> Result<Answered<SpendingLimit>, Refused> {
        let errand = self.errand(duty)?;
        let limit = self.administer.limit.as_ref().ok_or_else(|| Refused::unsupported(duty))?;
        let (json, evidence) = self.send(duty, errand, &errand.url, fillers)?;
        let value = SpendingLimit::read(limit, &json.unwrap_or_default());
        Ok(Answered { value, partial: None, evidence })
    }

    /// How many requests and tokens are let through, by what the provider
    /// calls each number.
    ///
    /// # Errors
    /// Why there are none that can be relied on.
    pub fn rates(&self) -> Result<Answered<Vec<(String, f64)>>, Refused> {
        let unsupported = || Refused::unsupported(Duty::Rates);
        let rates = self.administer.rates.as_ref().ok_or_else(unsupported)?;
        let errand = &rates.request;
        let (json, evidence) = self.send(Duty::Rates, errand, &errand.url, &Vec::new())?;
        let json = json.unwrap_or_default();
        let mut numbers = Vec::new();
        for wanted in &rates.numbers {
            if let Some(below) = value_at(&json, &wanted.at) {
                list(below, &wanted.label, &mut numbers, 0);
            }
        }
        Ok(Answered { value: numbers, partial: None, evidence })
    }
}

impl SpendingLimit {
    fn read(limit: &administer::Limit, json: &Value) -> Self {
        let flag = |at: &Option<String>| value_at(json, at.as_deref()?)?.as_bool();
        Self {
            amount: value_at(json, &limit.amount).and_then(number),
            unlimited: flag(&limit.unlimited),
            reached: flag(&limit.reached),
            spent: limit.spent.as_ref().and_then(|at| value_at(json, at)).and_then(number),
            currency: limit.currency.as_ref().and_then(|at| text_at(json, at)),
        }
    }
}

/// How deep an answer is looked into.
const DEEPEST: usize = 8;

/// Adds every item below a place; how many look like items and have no amount.
fn add(
    usage: &administer::Usage,
    json: &Value,
    below: &Value,
    line: &mut UsageLine,
    depth: usize,
) -> usize {
    if depth > DEEPEST {
        return 0;
    }
    if let Some(amount) = value_at(below, &usage.amount).and_then(number) {
        let priced = || Some(amount * price(usage.prices.as_ref()?, json, below)?);
        let told = usage.cost.as_ref().and_then(|at| value_at(below, at)).and_then(number);
        line.amount += amount;
        match told.or_else(priced) {
            Some(cost) => line.cost = Some(line.cost.unwrap_or_default() + cost),
            None => line.unpriced += amount,
        }
        return 0;
    }
    match below {
        Value::Array(items) => {
            items.iter().map(|item| add(usage, json, item, line, depth + 1)).sum()
        }
        Value::Object(fields) => {
            let mut holders =
                fields.values().filter(|it| it.is_object() || it.is_array()).peekable();
            // What holds nothing that could hold an amount should have been one.
            if holders.peek().is_none() {
                return usize::from(!fields.is_empty());
            }
            holders.map(|holder| add(usage, json, holder, line, depth + 1)).sum()
        }
        _ => 0,
    }
}

/// What one unit of an item costs.
fn price(prices: &Prices, json: &Value, item: &Value) -> Option<f64> {
    let is_same = |entry: &Value, at: &String| {
        let (asked, told) = (value_at(item, at), value_at(entry, at));
        asked.is_some() && asked == told
    };
    let is_open = |entry: &Value, at: &String| {
        let (asked, told) = (value_at(item, at), value_at(entry, at));
        asked.is_none() || told.is_none() || asked == told
    };
    let known = value_at(json, &prices.list)?.as_array()?;
    let entry = known.iter().find(|entry| {
        prices.same.iter().all(|at| is_same(entry, at))
            && prices.same_if_said.iter().all(|at| is_open(entry, at))
    })?;
    value_at(entry, &prices.price).and_then(number)
}

/// Every number below a place, with the way to it.
fn list(below: &Value, label: &str, numbers: &mut Vec<(String, f64)>, depth: usize) {
    const MOST: usize = 500;
    match below {
        Value::Object(fields) if depth < DEEPEST => {
            for (name, field) in fields {
                list(field, &format!("{label}, {name}"), numbers, depth + 1);
            }
        }
        value if numbers.len() < MOST => {
            numbers.extend(number(value).map(|number| (label.to_owned(), number)));
        }
        _ => {}
    }
}

/// A number, or a text that is one.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn prices() -> Prices {
        Prices {
            list: "/prices".into(),
            price: "/price".into(),
            same: vec!["/metric".into()],
            same_if_said: vec!["/zone".into()],
        }
    }

    #[test]
    fn a_price_is_that_of_the_item() {
        let json = json!({"prices": [
            {"metric": "a", "zone": "eu", "price": 3},
            {"metric": "a", "zone": "global", "price": "2.5"},
            {"metric": "b", "price": null},
        ]});
        let of = |item: Value| price(&prices(), &json, &item);
        assert_eq!(of(json!({"metric": "a", "zone": "global"})), Some(2.5));
        assert_eq!(of(json!({"metric": "a"})), Some(3.0));
        assert_eq!(of(json!({"metric": "b"})), None);
        assert_eq!(of(json!({"zone": "eu"})), None);
    }

    #[test]
    fn numbers_are_told_with_the_way_to_them() {
        let mut numbers = Vec::new();
        list(&json!({"m": {"per minute": 5, "name": "x"}, "n": 7}), "tokens", &mut numbers, 0);
        assert_eq!(numbers, [("tokens, m, per minute".into(), 5.0), ("tokens, n".into(), 7.0)]);
    }
}
