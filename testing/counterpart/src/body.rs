//! Whether the body of a request keeps to its schema, for the few operations
//! whose bodies are looked into. Schemas of that few need little: objects of
//! texts, numbers and flags.

use serde_json::Value;

use crate::{
    check::Misfit,
    contract::{Contract, Operation},
};

impl Contract {
    /// All that is wrong with a body; nothing where no schema of it is kept.
    pub(crate) fn body_misfits(&self, operation: &Operation, body: &[u8]) -> Vec<Misfit> {
        let Some(schema) = &operation.accepts else { return Vec::new() };
        let schema = self.resolve(schema);
        let misfit = |name: &str, value: Option<&Value>, why: String| Misfit {
            name: name.to_owned(),
            value: value.map(Value::to_string),
            why,
        };
        let Ok(Value::Object(given)) = serde_json::from_slice::<Value>(body) else {
            return vec![misfit("body", None, "is no JSON object".to_owned())];
        };
        let mut found = Vec::new();
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !given.contains_key(name) {
                found.push(misfit(name, None, "is required".to_owned()));
            }
        }
        for (name, value) in &given {
            let why = match schema["properties"].get(name) {
                None => Some("is no field of the body".to_owned()),
                Some(of) => self.fits_value(of, value).err(),
            };
            found.extend(why.map(|why| misfit(name, Some(value), why)));
        }
        found
    }

    fn fits_value(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let schema = self.resolve(schema);
        if let Some(options) = schema["anyOf"].as_array() {
            let mut results = options.iter().map(|option| self.fits_value(option, value));
            let first = results.next().unwrap_or(Ok(()));
            return if first.is_ok() || results.any(|it| it.is_ok()) { Ok(()) } else { first };
        }
        let kind = schema["type"].as_str().unwrap_or_default();
        match (kind, value) {
            ("string", Value::String(text)) => self.fits_schema(schema, text),
            ("integer", Value::Number(number)) => self.fits_schema(schema, &number.to_string()),
            ("boolean", Value::Bool(_)) | ("null", Value::Null) => Ok(()),
            _ => Err(format!("is no {kind}: `{value}`")),
        }
    }
}
