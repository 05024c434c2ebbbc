//! The dossiers that come with the binary. The build script has read, checked
//! and packed them, so that nothing is parsed at start-up.

use crate::{Library, schema::Bundle};

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/dossiers.bin"));

pub(crate) fn library() -> Library {
    #[expect(
        clippy::expect_used,
        reason = "the bytes were packed from these very types by the build script"
    )]
    let bundle: Bundle = postcard::from_bytes(PACKED).expect("packed by the build script");
    Library::from_bundle(bundle)
}
