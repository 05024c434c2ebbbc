//! A line of progress on standard error, on a terminal, when work is long.

use std::{
    io::{self, IsTerminal as _},
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
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
        if quiet || !io::stderr().is_terminal() {
            return Self { stop: None, thread: None };
        }
        let progress = Arc::clone(progress);
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            if stopped.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                show(&progress, &stopped);
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

fn show(progress: &Progress, stopped: &mpsc::Receiver<()>) {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{spinner} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    bar.set_style(style);
    let begun = std::time::Instant::now();
    while stopped.recv_timeout(TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
        let (bytes, items, total) = progress.snapshot();
        let seconds = (begun.elapsed() + PATIENCE).as_secs_f64();
        let rate = HumanBytes((bytes as f64 / seconds) as u64);
        let of = if total > 0 { format!(" of {}", HumanCount(total)) } else { String::new() };
        let (items, bytes) = (HumanCount(items), HumanBytes(bytes));
        bar.set_message(format!("{items}{of} files and objects, {bytes}, {rate}/s"));
        bar.tick();
    }
    bar.finish_and_clear();
}
