//! Whether a request keeps to the contract: its operation, its parameters,
//! its header with the key, and whether it should be made at all. It looks at
//! the request only; what the server answers is decided elsewhere.

use regex::Regex;
use serde_json::Value;

use crate::{
    contract::{Contract, Operation, Parameter, Place, Route, Security},
    never,
    record::Request,
    world::Host,
};

/// A value that does not fit its parameter, and so is answered with 422.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) name: String,
    pub(crate) value: Option<String>,
    pub(crate) why: String,
}

impl Contract {
    /// All that is wrong with a request that was not made, for a test of what
    /// would be asked: see [`Request::planned`].
    pub fn check(&'static self, host: Host, request: &Request) -> Vec<String> {
        match self.route(host, &request.method, &request.path) {
            Some(route) => self.breaches(request, &route, false, false),
            None => vec![no_operation(host)],
        }
    }

    /// All that is wrong with a request for an operation. `is_lifted` says
    /// that the operation may be called although it is on the list of those
    /// that never are, `was_refused` that the documented header was tried.
    pub(crate) fn breaches(
        &self,
        request: &Request,
        route: &Route,
        is_lifted: bool,
        was_refused: bool,
    ) -> Vec<String> {
        let operation = route.operation;
        let mut found = Vec::new();
        if let Some(why) = never::reason(operation).filter(|_| !is_lifted) {
            found.push(format!("must never be called: it {why}"));
        }
        found.extend(header(request, operation, was_refused));
        for (name, _) in &request.query {
            if self.parameter(operation, name).is_none() {
                found.push(format!("`{name}` is no parameter of it"));
            }
        }
        let misfits = self.misfits(request, route);
        found.extend(misfits.into_iter().map(|misfit| format!("`{}` {}", misfit.name, misfit.why)));
        if operation.body && !request.has_body {
            found.push("it needs a body".to_owned());
        }
        found
    }

    /// The parameters whose values do not fit.
    pub(crate) fn misfits(&self, request: &Request, route: &Route) -> Vec<Misfit> {
        let mut found = Vec::new();
        for parameter in &route.operation.parameters {
            let values: Vec<&str> = match parameter.place {
                Place::Header => continue,
                Place::Path => {
                    let of_name = |(name, _): &&(&str, String)| *name == parameter.name;
                    route.arguments.iter().filter(of_name).map(|(_, value)| &**value).collect()
                }
                Place::Query => request.values(&parameter.name),
            };
            let misfit = |value: Option<&str>, why: String| Misfit {
                name: parameter.name.clone(),
                value: value.map(str::to_owned),
                why,
            };
            if values.is_empty() && parameter.required {
                found.push(misfit(None, "is required".to_owned()));
            }
            if values.len() > 1 && !self.is_list(&parameter.schema) {
                found.push(misfit(None, "is given more than once".to_owned()));
            }
            for value in values {
                if let Err(why) = self.fits(parameter, value) {
                    found.push(misfit(Some(value), why));
                }
            }
        }
        found
    }

    /// The parameter of the query that a name stands for. The properties of
    /// an object are names of their own.
    fn parameter<'o>(&self, operation: &'o Operation, name: &str) -> Option<&'o Parameter> {
        let mut of_query = operation.parameters.iter().filter(|known| known.place == Place::Query);
        of_query.find(|known| {
            known.name == name || self.resolve(&known.schema)["properties"].get(name).is_some()
        })
    }

    fn is_list(&self, schema: &Value) -> bool {
        let schema = self.resolve(schema);
        let options = schema["anyOf"].as_array().into_iter().flatten();
        schema["type"] == "array" || options.into_iter().any(|option| self.is_list(option))
    }

    fn fits(&self, parameter: &Parameter, value: &str) -> Result<(), String> {
        if parameter.json {
            let parsed = serde_json::from_str::<Value>(value);
            return parsed.map(drop).map_err(|_| format!("is not JSON: `{value}`"));
        }
        self.fits_schema(&parameter.schema, value)
    }

    pub(crate) fn fits_schema(&self, schema: &Value, value: &str) -> Result<(), String> {
        let schema = self.resolve(schema);
        for any in ["anyOf", "oneOf"] {
            if let Some(options) = schema[any].as_array() {
                let options = options.iter().filter(|option| option["type"] != "null");
                let mut results = options.map(|option| self.fits_schema(option, value));
                let first = results.next().unwrap_or(Ok(()));
                return if results.any(|result| result.is_ok()) { Ok(()) } else { first };
            }
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.fits_schema(part, value)?;
        }
        let choices = schema["enum"].as_array().into_iter().flatten();
        let mut choices = choices.chain(schema.get("const")).peekable();
        if choices.peek().is_some() && !choices.any(|choice| choice.as_str() == Some(value)) {
            return Err(format!("is none of its choices: `{value}`"));
        }
        match schema["type"].as_str() {
            Some("integer") => {
                let number: i64 =
                    value.parse().map_err(|_| format!("is no whole number: `{value}`"))?;
                within(schema, number as f64)
            }
            Some("number") => {
                let number: f64 = value.parse().map_err(|_| format!("is no number: `{value}`"))?;
                within(schema, number)
            }
            Some("boolean") if !matches!(value, "true" | "false") => {
                Err(format!("is neither `true` nor `false`: `{value}`"))
            }
            Some("array") => self.fits_schema(&schema["items"], value),
            Some("string") => is_string_of(schema, value),
            _ => Ok(()),
        }
    }
}

/// That a host has no such operation.
pub(crate) fn no_operation(host: Host) -> String {
    format!("there is no such operation on this host ({host:?})")
}

/// Whether a key is shown the way that the operation documents.
fn header(request: &Request, operation: &Operation, was_refused: bool) -> Option<String> {
    let (bearer, named) = (request.has_bearer, request.has_x_api_key);
    if !bearer && !named {
        return Some("it carries no key".to_owned());
    }
    match operation.security.first()? {
        Security::ApiKey if named => Some("it carries a key in `x-api-key`".to_owned()),
        Security::DashboardUserContextAuth if !named && !was_refused => {
            Some("it carries no `x-api-key`, and that was not refused before".to_owned())
        }
        _ => None,
    }
}

fn within(schema: &Value, number: f64) -> Result<(), String> {
    let bound = |name: &str| schema[name].as_f64();
    let is_low = bound("minimum").is_some_and(|least| number < least)
        || bound("exclusiveMinimum").is_some_and(|below| number <= below);
    let is_high = bound("maximum").is_some_and(|most| number > most)
        || bound("exclusiveMaximum").is_some_and(|above| number >= above);
    if is_low || is_high { Err(format!("is out of bounds: `{number}`")) } else { Ok(()) }
}

fn is_string_of(schema: &Value, value: &str) -> Result<(), String> {
    let length = value.chars().count() as u64;
    if schema["minLength"].as_u64().is_some_and(|least| length < least)
        || schema["maxLength"].as_u64().is_some_and(|most| length > most)
    {
        return Err(format!("is too short or too long: `{value}`"));
    }
    if let Some(pattern) = schema["pattern"].as_str()
        && !Regex::new(pattern).unwrap().is_match(value)
    {
        return Err(format!("does not match `{pattern}`: `{value}`"));
    }
    let is_right = match schema["format"].as_str() {
        Some("uuid") => is_uuid(value),
        Some("date-time") => value.parse::<jiff::Timestamp>().is_ok(),
        Some("date") => value.parse::<jiff::civil::Date>().is_ok(),
        _ => true,
    };
    let format = &schema["format"];
    if is_right { Ok(()) } else { Err(format!("is no {format}: `{value}`")) }
}

fn is_uuid(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && value.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}
