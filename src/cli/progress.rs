//! What takes more than two seconds says so on standard error, if people watch there.

use std::io::{self, IsTerminal as _, Write};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// Nobody wants to read what is over before it is read.
const PATIENCE: Duration = Duration::from_secs(2);

const EVERY: Duration = Duration::from_millis(200);

/// What is being done at the moment.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Mutex<String>>);

impl Progress {
    /// Says what is done from now on.
    pub fn say(&self, what: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = what.into();
    }

    fn said(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How much is done of something that is counted, with a bar once it is known how much there is.
pub fn bar(what: &str, done: u64, of: Option<u64>) -> String {
    const WIDTH: u64 = 20;
    match of.filter(|of| *of > 0) {
        Some(of) => {
            let part = |whole: u64| usize::try_from(done.min(of).saturating_mul(whole) / of).unwrap_or_default();
            let full = "#".repeat(part(WIDTH));
            format!("[{full:-<20}] {:>3} % of {of} {what}", part(100))
        }
        None => format!("{done} {what}"),
    }
}

/// Does some work, and shows how it comes along where it takes long. Nothing of that is left when it is done.
pub async fn during<T>(work: impl AsyncFnOnce(&Progress) -> T) -> T {
    let terminal = io::stderr();
    if terminal.is_terminal() { shown(work, terminal, PATIENCE).await } else { work(&Progress::default()).await }
}

async fn shown<T>(work: impl AsyncFnOnce(&Progress) -> T, mut terminal: impl Write, patience: Duration) -> T {
    let progress = Progress::default();
    let began = Instant::now();
    let mut ticks = interval_at(began + patience, EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_shown = false;
    let mut work = pin!(work(&progress));
    let done = loop {
        tokio::select! {
            biased;
            done = work.as_mut() => break done,
            _ = ticks.tick() => {
                // Whoever cannot be shown anything gets the result all the same.
                is_shown |= show(&mut terminal, &progress.said(), began.elapsed().as_secs()).is_ok();
            }
        }
    };
    if is_shown {
        let _ = write!(terminal, "\r\x1b[K").and_then(|()| terminal.flush());
    }
    done
}

fn show(terminal: &mut impl Write, what: &str, seconds: u64) -> io::Result<()> {
    // A line that is wider than the terminal could not be taken back.
    let what: String = what.chars().filter(|c| !c.is_control()).take(60).collect();
    write!(terminal, "\r\x1b[K{what} … {seconds} s")?;
    terminal.flush()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Notify;

    use super::*;

    /// A terminal that tells when something was written.
    #[derive(Clone, Default)]
    struct Terminal(Arc<Mutex<Vec<u8>>>, Arc<Notify>);

    impl Write for Terminal {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            self.1.notify_one();
            Ok(())
        }
    }

    #[tokio::test]
    async fn long_work_is_shown_and_leaves_nothing_behind() {
        let terminal = Terminal::default();
        let work = async |progress: &Progress| {
            progress.say("reading\u{1b}[2J the rules");
            terminal.1.notified().await;
            7
        };
        assert_eq!(shown(work, terminal.clone(), Duration::ZERO).await, 7);
        let written = String::from_utf8(terminal.0.lock().unwrap().clone()).unwrap();
        assert!(written.starts_with("\r\x1b[Kreading[2J the rules … 0 s"), "{written:?}");
        assert!(written.ends_with("\r\x1b[K"), "{written:?}");
    }

    #[test]
    fn a_bar_shows_how_much_is_done() {
        assert_eq!(bar("commits", 7, None), "7 commits");
        assert_eq!(bar("commits", 0, Some(0)), "0 commits");
        assert_eq!(bar("commits", 1, Some(4)), "[#####---------------]  25 % of 4 commits");
        assert_eq!(bar("commits", 9, Some(4)), "[####################] 100 % of 4 commits");
    }

    #[tokio::test]
    async fn short_work_is_not_mentioned() {
        let terminal = Terminal::default();
        let work = async |progress: &Progress| progress.say("reading");
        shown(work, terminal.clone(), Duration::from_mins(10)).await;
        assert!(terminal.0.lock().unwrap().is_empty());
    }
}
