//! When somebody writes to the journal's file: the kernel tells (inotify, on Linux), so that nobody asks every second and a
//! cockpit that is left alone sleeps. May not read the file: that it changed says nothing about what is in it.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

/// When to look after a notice. It comes when bytes are written; what they say can be read once they are flushed, and of
/// that no notice tells.
const LOOKS: [Duration; 3] = [Duration::from_millis(30), Duration::from_millis(250), Duration::from_millis(900)];
/// A look without a notice: nothing is missed for ever, whatever the kernel keeps to itself.
const REST: Duration = Duration::from_secs(10);

/// The notices of one file.
#[derive(Debug)]
pub(super) struct Notices {
    watch: Option<Watch>,
    plan: Mutex<Plan>,
}

impl Notices {
    /// Begins to listen. Where there are no notices, [`Notices::next`] goes by the clock.
    pub(super) fn of(file: &Path) -> Self {
        Self { watch: Watch::on(file), plan: Mutex::new(Plan { heard: None, done: 0, last: Instant::now() }) }
    }

    /// Resolves when it is time to look; every `look` where there are no notices. Nothing is lost by dropping it.
    pub(super) async fn next(&self, look: Duration) {
        let Some(watch) = &self.watch else { return sleep(look).await };
        loop {
            let due = self.plan(|plan| plan.due(look));
            tokio::select! {
                biased;
                () = sleep_until(due) => return self.plan(|plan| plan.looked(Instant::now())),
                heard = watch.heard() => match heard {
                    Ok(()) => self.plan(|plan| plan.heard(Instant::now())),
                    Err(_) => return sleep(look).await,
                },
            }
        }
    }

    fn plan<T>(&self, work: impl FnOnce(&mut Plan) -> T) -> T {
        work(&mut self.plan.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// When to look next.
#[derive(Debug)]
struct Plan {
    /// A notice that was not yet followed by all of its looks.
    heard: Option<Instant>,
    /// How many looks followed it.
    done: usize,
    /// The newest look.
    last: Instant,
}

impl Plan {
    fn due(&self, look: Duration) -> Instant {
        let follows = self.heard.and_then(|at| Some(at + *LOOKS.get(self.done)?));
        follows.unwrap_or(self.last + look.max(REST))
    }

    fn heard(&mut self, now: Instant) {
        // Until the first look the earlier notice stands: whoever writes without a pause does not put it off.
        if self.heard.is_none() || self.done > 0 {
            (self.heard, self.done) = (Some(now), 0);
        }
    }

    fn looked(&mut self, now: Instant) {
        self.last = now;
        let Some(at) = self.heard else { return };
        self.done += LOOKS.iter().skip(self.done).take_while(|after| at + **after <= now).count();
        if self.done == LOOKS.len() {
            (self.heard, self.done) = (None, 0);
        }
    }
}

#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
struct Watch;

#[cfg(not(target_os = "linux"))]
impl Watch {
    const fn on(_: &Path) -> Option<Self> {
        None
    }

    async fn heard(&self) -> std::io::Result<()> {
        std::future::pending().await
    }
}

#[cfg(target_os = "linux")]
use linux::Watch;

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsString;
    use std::io;
    use std::path::Path;

    use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
    use tokio::net::unix::pipe::Receiver;

    use crate::journal::files;

    /// Watches the file and its write-ahead log.
    #[derive(Debug)]
    pub(super) struct Watch {
        /// It is no pipe, and is read like one: bytes come when there is something to tell.
        notices: Receiver,
    }

    impl Watch {
        /// `None` where the kernel tells nothing, or not all: other machines' writes to a network filesystem.
        pub(super) fn on(file: &Path) -> Option<Self> {
            // The log lies beside the file itself, not beside a link to it. It stays as long as anybody has the file open.
            let file = file.canonicalize().ok().filter(|file| !files::is_on_network(file))?;
            let mut log = OsString::from(&file);
            log.push("-wal");
            let notices = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
            for file in [file.as_os_str(), &log] {
                inotify::add_watch(&notices, file, WatchFlags::MODIFY).ok()?;
            }
            Some(Self { notices: Receiver::from_owned_fd_unchecked(notices).ok()? })
        }

        /// Resolves when one of them was written to since the last time.
        pub(super) async fn heard(&self) -> io::Result<()> {
            let mut heard = false;
            // What the notices say is of no interest; all that wait are taken at once.
            let mut taken = [0; 4096];
            loop {
                match self.notices.try_read(&mut taken) {
                    Ok(_) => heard = true,
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                    Err(_) if heard => return Ok(()),
                    Err(_) => self.notices.readable().await?,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_followed_by_three_looks_and_whoever_writes_on_and_on_puts_none_off() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let look = Duration::from_millis(900);
        let mut plan = Plan { heard: None, done: 0, last: start };
        assert_eq!(plan.due(look), at(10_000), "left alone");
        for ms in [1_000, 1_010, 1_020] {
            plan.heard(at(ms));
        }
        assert_eq!(plan.due(look), at(1_030));
        plan.looked(at(1_030));
        assert_eq!(plan.due(look), at(1_250));
        plan.heard(at(1_100));
        assert_eq!(plan.due(look), at(1_130), "the newer one wants its own looks");
        for (looked, next) in [(1_130, 1_350), (1_350, 2_000), (2_000, 12_000)] {
            plan.looked(at(looked));
            assert_eq!(plan.due(look), at(next));
        }
        // A look that came late stands for all that were due.
        plan.heard(at(20_000));
        plan.looked(at(20_400));
        assert_eq!(plan.due(look), at(20_900));
    }
}
