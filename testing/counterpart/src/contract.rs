//! What the API may be asked and what it answers, as the provider publishes
//! it: `contract.json` is made from the specification by `make-contract.py`,
//! and `supplement.json` adds by hand what only first-party programs show.
//! Whether one request keeps to it is decided in `check`.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::world::Host;

/// All operations of the API, with the schemas of their answers.
#[derive(Debug, Deserialize)]
pub struct Contract {
    operations: Vec<Operation>,
    components: Value,
}

/// One method on one path.
#[derive(Debug, Deserialize)]
pub struct Operation {
    /// The method, in capitals.
    pub method: String,
    /// The path, with `{names}` for what varies.
    pub path: String,
    /// How a caller must show a key.
    pub security: Vec<Security>,
    #[serde(default)]
    pub(crate) host: Host,
    #[serde(default)]
    pub(crate) parameters: Vec<Parameter>,
    #[serde(default)]
    pub(crate) body: bool,
    pub(crate) answer: Option<Value>,
    /// The schema of the body, for the few that are looked into.
    pub(crate) accepts: Option<Value>,
}

/// How a key must be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Security {
    /// `Authorization: Bearer`.
    ApiKey,
    /// Documented both as `Authorization: Bearer` and as `x-api-key`.
    AdminApiKey,
    /// `x-api-key`.
    DashboardUserContextAuth,
}

/// Something that varies in a request.
#[derive(Debug, Deserialize)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    #[serde(rename = "in")]
    pub(crate) place: Place,
    #[serde(default)]
    pub(crate) required: bool,
    /// Whether the value is JSON text.
    #[serde(default)]
    pub(crate) json: bool,
    pub(crate) schema: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    Path,
    Query,
    Header,
}

/// An operation, and what stood in the request's path for its `{names}`.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) operation: &'static Operation,
    pub(crate) arguments: Vec<(&'static str, String)>,
}

impl Contract {
    /// The contract that this crate was built with.
    pub fn published() -> &'static Self {
        static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
            let mut contract: Contract =
                serde_json::from_str(include_str!("../contract.json")).unwrap();
            let more: Vec<Operation> =
                serde_json::from_str(include_str!("../supplement.json")).unwrap();
            contract.operations.extend(more);
            for operation in &mut contract.operations {
                // A fragment only tells two descriptions of one path apart.
                let end = operation.path.find('#').unwrap_or(operation.path.len());
                operation.path.truncate(end);
            }
            contract
        });
        &CONTRACT
    }

    /// Every operation.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The schema of an operation's answer with all it refers to, if it
    /// answers in JSON.
    pub fn schema(&self, operation: &Operation) -> Option<Value> {
        let mut schema = operation.answer.clone()?;
        let object = schema.as_object_mut()?;
        object.insert("components".to_owned(), self.components.clone());
        Some(schema)
    }

    /// An operation by its method and the path with its `{names}`.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|known| known.method == method && known.path == path)
    }

    /// What a schema refers to, or the schema itself.
    pub(crate) fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let mut schema = schema;
        while let Some(reference) = schema["$ref"].as_str() {
            let name = reference.strip_prefix("#/components/schemas/").unwrap();
            schema = &self.components["schemas"][name];
        }
        schema
    }

    /// The operation that a request is for: of two that fit, the one with
    /// more of its path written out.
    pub(crate) fn route(&'static self, host: Host, method: &str, path: &str) -> Option<Route> {
        let fitting = self.operations.iter().filter(|known| known.method == method);
        let fitting = fitting.filter(|known| host.serves(known));
        fitting
            .filter_map(|operation| {
                let arguments = arguments(&operation.path, path)?;
                Some(Route { operation, arguments })
            })
            .min_by_key(|route| route.arguments.len())
    }
}

/// What stands in a path for the `{names}` of a template, if it fits.
fn arguments<'t>(template: &'t str, path: &str) -> Option<Vec<(&'t str, String)>> {
    let mut asked = path.split('/');
    let mut found = Vec::new();
    for known in template.split('/') {
        let asked = asked.next()?;
        if let Some(name) = known.strip_prefix('{').and_then(|known| known.strip_suffix('}')) {
            if asked.is_empty() {
                return None;
            }
            let decoded = percent_encoding::percent_decode_str(asked).decode_utf8_lossy();
            found.push((name, decoded.into_owned()));
        } else if known != asked {
            return None;
        }
    }
    asked.next().is_none().then_some(found)
}
