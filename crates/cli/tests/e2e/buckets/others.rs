//! Stores that speak as Google's and Azure's do.

use leeward_servers::{AZURITE_ACCOUNT, Azurite, Gcs};

use super::{left_out, objects, places, places_below};
use crate::fixture::{Run, World, key};

#[test]
fn stores_of_google_and_azure_are_read_alike() {
    let keys = [key(), key(), key(), key()];
    let (gcs, azurite) = (Gcs::start(), Azurite::start());
    gcs.bucket("bucket", &objects(&keys));
    azurite.container("container", &objects(&keys));
    let world = World::new();
    let json = ["--format", "json", "--endpoint"];
    let run =
        world.run([&["scan", "gs://bucket/in/", "--anonymous"], &json[..], &[&gcs.url()]].concat());
    assert_eq!(places(&run.exits(1)), places_below("gs://bucket"));
    let azure = |key: &str, args: &[&str]| {
        let mut command = world.leeward(&world.work());
        command.args([&["scan"], args, &json[..], &[&azurite.url()]].concat());
        command.env("AZURE_STORAGE_ACCOUNT_NAME", AZURITE_ACCOUNT);
        let run = Run::of(&command.env("AZURE_STORAGE_ACCOUNT_KEY", key).output().unwrap());
        assert!(!run.out.contains(key) && !run.err.contains(key));
        run
    };
    let resume = ["az://container/in/", "--resume"];
    let run = azure(azurite.key(), &resume).exits(1);
    assert_eq!(places(&run), places_below("az://container"));
    // Another key than the account's.
    let refused = left_out(&azure(&"A".repeat(32), &resume).exits(3));
    assert!(refused[0].1.contains("(AuthorizationFailure)"), "{refused:?}");
}
