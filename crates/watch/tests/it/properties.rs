//! The same as the day on watch, small and often, and far worse.

use proptest::{prelude::*, test_runner::FileFailurePersistence};

use crate::simulation::{Size, simulate};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16,
        max_shrink_iters: 20,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_is_lost_and_nothing_twice(
        seed in any::<u64>(),
        sources in 1_usize..3,
        items in 1_usize..40,
        page in 1_usize..8,
        crash in 4_u64..12,
        fault in 3_u64..9,
    ) {
        let keys = items.min(5);
        let every_seconds = 7_200;
        simulate(seed, &Size { sources, items, keys, page, every_seconds, crash, fault });
    }
}
