//! Runs the server by hand, with a world of its own and a random key of each
//! kind, until it is killed.

#![expect(clippy::print_stdout, reason = "it is run by hand to see what it prints")]
#![expect(clippy::disallowed_methods, reason = "a program that reads its arguments")]

use leeward_counterpart::{Counterpart, Key, World, random_value};

/// A kind of key, and how one of it is made from a value.
type Kind = (&'static str, fn(String) -> Key);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let port = match (arguments.next().as_deref(), arguments.next()) {
        (None, None) => Some(0),
        (Some("--port"), Some(port)) => port.parse().ok(),
        _ => None,
    };
    let Some(port) = port else {
        println!("usage: leeward-counterpart [--port PORT]");
        return;
    };
    let kinds: [Kind; 7] = [
        ("standard", Key::standard),
        ("codestral", Key::codestral),
        ("admin", Key::admin),
        ("revoked", Key::revoked),
        ("no quota", Key::no_quota),
        ("no permission", Key::no_permission),
        ("limited", |value| Key::limited(value, 30)),
    ];
    let keys = kinds.map(|(name, make)| (name, make(random_value())));
    let world = keys.iter().fold(World::furnished(), |world, (_, key)| world.key(key.clone()));
    let server = Counterpart::setup(world).port(port).start();
    println!("{}", server.url());
    for (name, key) in &keys {
        println!("{name:>14}  {}", key.value());
    }
    server.wait();
}
