//! Files of columns, to a build that has no parser for them.

use crate::seen::{show, show_stream};

#[test]
fn a_file_of_columns_is_told_of_with_the_next_step() {
    let stream = [&[0xff; 4][..], &[0x10, 0, 0, 0], &[0; 600]].concat();
    for (name, bytes) in [
        ("a.parquet", &b"PAR1 and what follows, which is shown as it is"[..]),
        ("a.feather", b"ARROW1\0\0 and what follows"),
        ("a.arrows", &stream),
    ] {
        for shown in [show(name, bytes), show_stream(name, bytes)] {
            let told = shown.left_out();
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].starts_with(name) && told[0].contains("--features lake"), "{told:?}");
            assert!(!shown.coverage.is_complete());
        }
    }
}
