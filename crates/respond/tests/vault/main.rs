//! Places for secrets, each spoken to for real where its server can be had:
//! OpenBao, and Moto in the place of AWS, as processes of their own on this
//! machine. Where it cannot be had, a
//! server in the test that follows the documented protocol and refuses what is
//! outside of it.

#![expect(clippy::unwrap_used, reason = "a test may stop at whatever goes wrong")]

mod http;
mod servers;

mod age;
mod aws;
mod bao;
mod env;
mod github;
mod kubernetes;
mod sops;
mod standby;

use leeward_counterpart::random_value;
use leeward_model::Secret;
use leeward_probe::{Network, Stop};
use leeward_respond::vault::{Access, Destination, Held, Receipt, Trouble};

/// Access with some variables set.
fn access(destination: &Destination, variables: &[(&str, &str)]) -> Access {
    let network = Network {
        connect_within: std::time::Duration::from_secs(5),
        answer_within: std::time::Duration::from_secs(20),
        ..Network::default()
    };
    let mut access = Access::new(network, Stop::new());
    for (variable, value) in variables {
        let mut wanted = destination.wants().iter();
        let wanted = wanted.find(|wanted| wanted.variable == *variable).expect(variable);
        access.set(wanted, Secret::new(value.as_bytes()));
    }
    access
}

fn put(text: &str, variables: &[(&str, &str)], value: &str) -> Result<Receipt, Trouble> {
    let destination = Destination::parse(text).unwrap();
    let access = access(&destination, variables);
    let receipt = destination.open(&access).put(&Secret::new(value.as_bytes()));
    // Nothing that is said of it, good or bad, has the value.
    assert!(!format!("{receipt:?}").contains(value), "the value is shown");
    receipt
}

fn holds(text: &str, variables: &[(&str, &str)], value: &str) -> Result<Held, Trouble> {
    let destination = Destination::parse(text).unwrap();
    let access = access(&destination, variables);
    destination.open(&access).holds(&|held: &Secret| is(held, value))
}

/// What went wrong, which must have.
fn trouble<T: std::fmt::Debug>(result: Result<T, Trouble>) -> String {
    result.unwrap_err().to_string()
}

#[expect(clippy::disallowed_methods, reason = "a test compares")]
fn is(held: &Secret, value: &str) -> bool {
    held.expose() == value.as_bytes()
}
