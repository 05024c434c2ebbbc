//! The answers that are not about anything, word for word as they have been
//! seen, and the headers that go with every answer.

use rand::RngExt as _;
use serde_json::{Value, json};

use crate::{check::Misfit, key::Refusal};

/// An answer that is complete before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// An answer in JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::typed(status, "application/json", body.to_string())
    }

    /// An answer of some type.
    pub(crate) fn typed(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", kind.to_owned())];
        Self { status, headers, body: body.into() }
    }

    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The key does not count here.
pub(crate) fn unauthorized(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Detail => Reply::json(401, &json!({"detail": "Unauthorized"})),
        Refusal::Message => {
            Reply::json(401, &json!({"message": "Unauthorized", "request_id": hex()}))
        }
        Refusal::Empty => Reply::empty(401),
    }
}

/// The quota or the payment is spent.
pub(crate) fn no_quota() -> Reply {
    let text = "Check your subscription on https://admin.mistral.ai/subscription";
    Reply::json(402, &json!({"detail": text}))
}

/// The key counts, but not for this.
pub(crate) fn forbidden() -> Reply {
    Reply::json(403, &json!({"detail": "Forbidden"}))
}

/// The gateway knows no such path.
pub(crate) fn no_route() -> Reply {
    let message = "no Route matched with those values";
    Reply::json(404, &json!({"message": message, "request_id": hex()}))
}

/// There is no such thing.
pub(crate) fn not_found() -> Reply {
    Reply::json(404, &json!({"detail": "Not Found"}))
}

/// Parameters or a body that do not fit.
pub(crate) fn unprocessable(misfits: &[Misfit]) -> Reply {
    let detail: Vec<Value> = misfits
        .iter()
        .map(|misfit| {
            json!({
                "type": "value_error",
                "loc": ["query", misfit.name],
                "msg": misfit.why,
                "input": misfit.value,
            })
        })
        .collect();
    Reply::json(422, &json!({ "detail": detail }))
}

/// There is no such model.
pub(crate) fn invalid_model() -> Reply {
    let body = json!({
        "object": "error",
        "message": "Invalid model: none",
        "type": "invalid_model",
        "param": null,
        "code": "1500",
    });
    Reply::json(400, &body)
}

/// Too many requests.
pub(crate) fn limited(retry_after: &str) -> Reply {
    let body = json!({
        "object": "error",
        "message": "Rate limit exceeded",
        "type": "rate_limited",
        "param": null,
        "code": "1300",
        "raw_status_code": 429,
    });
    Reply::json(429, &body).with("retry-after", retry_after)
}

/// What the gateway adds to every answer.
pub(crate) fn gateway_headers() -> [(&'static str, String); 6] {
    let hex = hex();
    let id =
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]);
    [
        ("mistral-correlation-id", id),
        ("x-kong-request-id", hex),
        ("x-kong-upstream-latency", "12".to_owned()),
        ("x-kong-proxy-latency", "3".to_owned()),
        ("x-envoy-upstream-service-time", "11".to_owned()),
        ("server", "cloudflare".to_owned()),
    ]
}

/// The name of a request, as the gateway writes it.
fn hex() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}
