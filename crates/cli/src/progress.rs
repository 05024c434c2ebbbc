//! A line of progress on standard error, on a terminal, when work is long.

use std::{
    io::{self, IsTerminal as _},
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use leeward_probe::Tally;
use leeward_source::Progress;

/// Work shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(100);

/// Shows progress until dropped.
pub(crate) struct Watch {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Starts to watch, unless nobody is looking.
    pub(crate) fn start(progress: &Arc<Progress>, quiet: bool) -> Self {
        let progress = Arc::clone(progress);
        let begun = Instant::now();
        Self::showing(quiet, move || {
            let (bytes, items, total) = progress.snapshot();
            let rate = HumanBytes((bytes as f64 / begun.elapsed().as_secs_f64()) as u64);
            let of = if total > 0 { format!(" of {}", HumanCount(total)) } else { String::new() };
            let (items, bytes) = (HumanCount(items), HumanBytes(bytes));
            format!("{items}{of} files and objects, {bytes}, {rate}/s")
        })
    }

    /// Starts to watch questions to providers.
    pub(crate) fn asking(tally: &Arc<Tally>, quiet: bool) -> Self {
        let tally = Arc::clone(tally);
        Self::showing(quiet, move || {
            let (done, taken, sent) = tally.snapshot();
            let [done, taken, sent] = [done, taken, sent].map(HumanCount);
            format!("asking providers: {done} of {taken} values, {sent} requests")
        })
    }

    fn showing(quiet: bool, message: impl Fn() -> String + Send + 'static) -> Self {
        if quiet || !io::stderr().is_terminal() {
            return Self { stop: None, thread: None };
        }
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            if stopped.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                show(&message, &stopped);
            }
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A progress line that failed is no reason to fail.
            let _ = thread.join();
        }
    }
}

fn show(message: &dyn Fn() -> String, stopped: &mpsc::Receiver<()>) {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{spinner} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    bar.set_style(style);
    while stopped.recv_timeout(TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
        bar.set_message(message());
        bar.tick();
    }
    bar.finish_and_clear();
}
