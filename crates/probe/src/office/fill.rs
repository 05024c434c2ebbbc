//! Placeholders of a request, filled: escaped for an address, and as JSON in a
//! body. Values come from people and providers and must not lead anywhere else
//! or say anything more.

use leeward_dossier::administer::{Errand, placeholders};
use serde_json::{Map, Value};

use crate::assess::segment;

/// What stands for a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filler {
    Text(String),
    Number(i64),
}

/// Values by the names of their placeholders.
pub(super) type Fillers = Vec<(&'static str, Filler)>;

/// The text of an address with its placeholders filled, each as one segment or
/// one value of the query.
pub(super) fn fill(text: &str, fillers: &Fillers) -> Result<String, String> {
    replaced(text, |name| match find(fillers, name) {
        Some(Filler::Number(number)) => Ok(number.to_string()),
        Some(Filler::Text(text)) => segment(text)
            .ok_or_else(|| format!("not sent: what stands for the {} is no name", said(name))),
        None => Err(lack(name)),
    })
}

/// A text with something in the place of each placeholder, in one pass: what is
/// put in is not looked at again.
fn replaced(text: &str, value: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    for name in placeholders(text) {
        let placeholder = format!("{{{name}}}");
        let Some((before, after)) = rest.split_once(&placeholder) else { continue };
        made.push_str(before);
        made.push_str(&value(name)?);
        rest = after;
    }
    made.push_str(rest);
    Ok(made)
}

/// The body of a request with its placeholders filled.
pub(super) fn body(errand: &Errand, fillers: &Fillers) -> Result<Option<Vec<u8>>, String> {
    if let Some(name) = errand.needs.iter().find(|name| find(fillers, name).is_none()) {
        return Err(lack(name));
    }
    let Some(template) = &errand.body else { return Ok(None) };
    let template: Value = serde_json::from_str(template)
        .map_err(|_| "the dossier's body is not JSON: run `leeward dossier check`".to_owned())?;
    let filled = filled(&template, fillers)?.unwrap_or(Value::Null);
    serde_json::to_vec(&filled).map(Some).map_err(|error| error.to_string())
}

/// Nothing where a text is one placeholder without a value: its field is left
/// out then.
fn filled(template: &Value, fillers: &Fillers) -> Result<Option<Value>, String> {
    Ok(match template {
        Value::String(text) => match whole(text) {
            Some(name) => find(fillers, name).map(|filler| match filler {
                Filler::Text(text) => text.clone().into(),
                Filler::Number(number) => (*number).into(),
            }),
            None => {
                let filled = replaced(text, |name| match find(fillers, name) {
                    Some(Filler::Text(text)) => Ok(text.clone()),
                    Some(Filler::Number(number)) => Ok(number.to_string()),
                    None => Err(lack(name)),
                });
                Some(filled?.into())
            }
        },
        Value::Array(items) => {
            let mut list = Vec::new();
            for item in items {
                list.extend(self::filled(item, fillers)?);
            }
            Some(list.into())
        }
        Value::Object(fields) => {
            let mut object = Map::new();
            for (name, field) in fields {
                if let Some(value) = self::filled(field, fillers)? {
                    object.insert(name.clone(), value);
                }
            }
            Some(object.into())
        }
        other => Some(other.clone()),
    })
}

/// The placeholder that a text consists of.
fn whole(text: &str) -> Option<&str> {
    let name = text.strip_prefix('{')?.strip_suffix('}')?;
    (placeholders(text).next() == Some(name)).then_some(name)
}

fn find<'f>(fillers: &'f Fillers, name: &str) -> Option<&'f Filler> {
    fillers.iter().find(|(known, _)| *known == name).map(|(_, filler)| filler)
}

fn lack(name: &str) -> String {
    format!("not sent: it takes the {}, which is not known; name it", said(name))
}

fn said(name: &str) -> String {
    name.replace('-', " ")
}

#[cfg(test)]
mod tests {
    use leeward_dossier::probe::Method;
    use serde_json::json;

    use super::*;

    fn errand(body: &str, needs: &[&str]) -> Errand {
        Errand {
            method: Method::Post,
            url: "https://a.b".into(),
            body: Some(body.into()),
            why: "tests".into(),
            writes: Some("nothing".into()),
            idempotent: false,
            needs: needs.iter().map(|&name| name.to_owned()).collect(),
            expect: Vec::new(),
            answers: Vec::new(),
        }
    }

    fn text(text: &str) -> Filler {
        Filler::Text(text.to_owned())
    }

    #[test]
    fn texts_cannot_say_more_than_a_text() {
        let template = r#"{"name": "{name}", "why": "for {name}", "list": ["{user-id}"]}"#;
        let fillers = vec![("name", text(r#"a", "admin": true, "b": "{key-id}"#))];
        let made = body(&errand(template, &[]), &fillers).expect("a body").expect("a body");
        let made: Value = serde_json::from_slice(&made).expect("JSON");
        let name = r#"a", "admin": true, "b": "{key-id}"#;
        assert_eq!(made, json!({"name": name, "why": format!("for {name}"), "list": []}));
    }

    #[test]
    fn a_field_without_a_value_is_left_out_and_a_number_is_one() {
        let template = r#"{"amount": "{amount}", "expiration": "{expires}", "fixed": false}"#;
        let made = body(&errand(template, &[]), &vec![("amount", Filler::Number(7))]);
        let made: Value = serde_json::from_slice(&made.expect("fits").expect("one")).expect("JSON");
        assert_eq!(made, json!({"amount": 7, "fixed": false}));
    }

    #[test]
    fn what_is_needed_and_lacking_is_said() {
        let why = body(&errand("{}", &["workspace-id"]), &Vec::new()).expect_err("it is needed");
        assert_eq!(why, "not sent: it takes the workspace id, which is not known; name it");
    }

    #[test]
    fn an_address_leads_nowhere_else() {
        let at =
            |id: &str| fill("https://a.b/keys/{key-id}?x={key-id}", &vec![("key-id", text(id))]);
        assert_eq!(
            at("a/../b?c#").as_deref(),
            Ok("https://a.b/keys/a%2F..%2Fb%3Fc%23?x=a%2F..%2Fb%3Fc%23")
        );
        assert!(at("..").is_err() && at("").is_err());
        assert!(fill("https://a.b/{name}", &Vec::new()).is_err());
    }
}
