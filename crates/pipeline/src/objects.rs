//! Buckets and images as targets: each object and each layer becomes a place that says
//! where a person finds it.

use std::path::Path;

use leeward_model::{Coverage, RemotePlace};
use leeward_objects::{ImageOptions, scan_image};

use crate::{
    collect::Collector,
    scan::{Failure, Scan},
    target::{Bucket, Image},
};

impl Scan<'_> {
    /// Reads the objects of a bucket.
    #[cfg(feature = "buckets")]
    pub(crate) fn bucket(&mut self, bucket: &Bucket) -> Result<(), Failure> {
        let Bucket { address, access, start_after } = bucket;
        let collector = Collector::new(self.detector, self.packages)
            .judging(self.request.judged)
            .asking(self.early);
        let options = leeward_objects::Options {
            threads: self.request.threads,
            max_size: self.request.files.max_file_size,
            start_after: start_after.clone(),
            ..leeward_objects::Options::default()
        };
        let progress = self.progress;
        let mut ended = Ok(());
        let coverage = self.opening(&collector, |inspect| {
            let read = leeward_objects::scan(address, access, &options, inspect, progress);
            read.map_or_else(
                |error| {
                    ended = Err(Failure::Store(error.to_string()));
                    Coverage::default()
                },
                |read| read.coverage,
            )
        });
        ended?;
        self.coverage.merge(coverage);
        // What is read without a credential, anybody may read.
        let is_public = access.anonymous.then_some(true);
        let (root, service) = (address.root(), address.scheme().name());
        self.settle_objects(collector, |path| place(&root, service, is_public, path));
        Ok(())
    }

    /// An address is refused where it is typed, if nothing can read it.
    #[cfg(not(feature = "buckets"))]
    pub(crate) fn bucket(&mut self, bucket: &Bucket) -> Result<(), Failure> {
        Err(Failure::Store(format!("`{}` cannot be read by this program", bucket.address)))
    }

    /// Reads an image from its registry.
    pub(crate) fn image(&mut self, image: &Image) -> Result<(), Failure> {
        let Image { name, access, platform } = image;
        let collector = Collector::new(self.detector, self.packages)
            .judging(self.request.judged)
            .asking(self.early);
        let options = ImageOptions { threads: self.request.threads, platform: platform.clone() };
        let progress = self.progress;
        let mut ended = Ok(());
        let coverage = self.opening(&collector, |inspect| {
            scan_image(name, access, &options, inspect, progress).unwrap_or_else(|error| {
                ended = Err(Failure::Store(error.to_string()));
                Coverage::default()
            })
        });
        ended?;
        self.coverage.merge(coverage);
        let root = name.to_string();
        self.settle_objects(collector, |path| place(&root, "oci", None, path));
        Ok(())
    }

    fn settle_objects(&mut self, collector: Collector<'_>, place: impl Fn(&Path) -> RemotePlace) {
        let (kept, packages) = self.kept(collector);
        self.settler.objects(kept, packages, place);
    }
}

/// Where an object is, by the path that it was shown under, which begins with what
/// holds it.
fn place(root: &str, service: &str, is_public: Option<bool>, path: &Path) -> RemotePlace {
    let url = path.to_string_lossy().into_owned();
    let item = url.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&url);
    RemotePlace {
        source: root.to_owned(),
        service: service.to_owned(),
        item: item.to_owned(),
        path: Some(item.as_bytes().to_vec()),
        url,
        author: None,
        at: None,
        is_public,
    }
}
