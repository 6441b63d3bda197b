//! Plays a program in a pseudo-terminal and time-stamps what it writes there. Reads its processor time, wake-ups and memory
//! from the kernel (Linux). May not judge.

use std::fs;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long anything may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes with the time at which they were read.
type Chunks = Arc<Mutex<Vec<(Instant, Vec<u8>)>>>;

/// A playing program.
pub struct Player {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    chunks: Chunks,
    size: (u16, u16),
    /// Right before the program was started.
    pub started: Instant,
    _master: Box<dyn MasterPty + Send>,
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Used {
    /// Nanoseconds on a processor, of all threads.
    pub busy_ns: u64,
    /// Times a thread gave up the processor by itself: it woke up for each.
    pub wake_ups: u64,
    /// Bytes sent to the terminal.
    pub bytes: usize,
    /// Separate bursts of bytes: frames.
    pub frames: usize,
}

impl Player {
    /// Starts a program.
    pub fn start(command: &[String], size: (u16, u16), environment: &[(&str, &str)]) -> io::Result<Self> {
        let pty = PtySize { rows: size.1, cols: size.0, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(pty).map_err(io::Error::other)?;
        let mut builder = CommandBuilder::new(&command[0]);
        builder.args(&command[1..]);
        builder.env("TERM", "xterm-256color");
        for (name, value) in environment {
            builder.env(name, value);
        }
        let mut reader = pair.master.try_clone_reader().map_err(io::Error::other)?;
        let keyboard = pair.master.take_writer().map_err(io::Error::other)?;
        let chunks: Chunks = Arc::default();
        let kept = Arc::clone(&chunks);
        let started = Instant::now();
        let child = pair.slave.spawn_command(builder).map_err(io::Error::other)?;
        drop(pair.slave);
        thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let at = Instant::now();
                if let Ok(mut kept) = kept.lock() {
                    kept.push((at, buffer[..count].to_vec()));
                }
            }
        });
        Ok(Self { child, keyboard, chunks, size, started, _master: pair.master })
    }

    fn chunks(&self) -> Vec<(Instant, Vec<u8>)> {
        self.chunks.lock().map(|chunks| chunks.clone()).unwrap_or_default()
    }

    /// When the screen first showed the words, and the bytes up to there. Parsed after the fact: it costs the program nothing.
    pub fn shows(&self, words: impl Fn(&str) -> bool) -> io::Result<(Instant, usize)> {
        let end = Instant::now() + PATIENCE;
        let mut parser = vt100::Parser::new(self.size.1, self.size.0, 0);
        let (mut read, mut bytes) = (0, 0);
        loop {
            let chunks = self.chunks();
            for (at, chunk) in &chunks[read..] {
                parser.process(chunk);
                bytes += chunk.len();
                if words(&parser.screen().contents()) {
                    return Ok((*at, bytes));
                }
            }
            read = chunks.len();
            if Instant::now() > end {
                return Err(io::Error::other(format!(
                    "not shown in time; the screen:\n{}",
                    parser.screen().contents()
                )));
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Since when the screen has shown the words without a break, of what was written so far.
    pub fn shows_for_good(&self, words: impl Fn(&str) -> bool) -> Instant {
        let mut parser = vt100::Parser::new(self.size.1, self.size.0, 0);
        let mut since = None;
        for (at, chunk) in self.chunks() {
            parser.process(&chunk);
            since = if words(&parser.screen().contents()) { since.or(Some(at)) } else { None };
        }
        since.unwrap_or_else(Instant::now)
    }

    /// Waits until nothing was written for so long.
    pub fn quiet(&self, pause: Duration) {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let last = self.chunks().last().map_or(self.started, |(at, _)| *at);
            if last.elapsed() >= pause {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Presses a key. When it was written.
    pub fn press(&mut self, key: &str) -> io::Result<Instant> {
        let at = Instant::now();
        self.keyboard.write_all(key.as_bytes())?;
        self.keyboard.flush()?;
        Ok(at)
    }

    /// Presses a key: time to the first byte of the answer, and the bytes of it.
    pub fn answer(&mut self, key: &str) -> io::Result<(Duration, usize)> {
        let before = self.chunks().len();
        let pressed = self.press(key)?;
        let end = pressed + PATIENCE;
        while self.chunks().len() == before && Instant::now() < end {
            thread::yield_now();
        }
        self.quiet(Duration::from_millis(25));
        let chunks = self.chunks();
        let first = chunks.get(before).map_or(PATIENCE, |(at, _)| at.duration_since(pressed));
        Ok((first, chunks[before..].iter().map(|(_, bytes)| bytes.len()).sum()))
    }

    /// What it has used so far.
    pub fn used(&self) -> Used {
        let mut used = Used::default();
        let tasks = self.child.process_id().and_then(|id| fs::read_dir(format!("/proc/{id}/task")).ok());
        for task in tasks.into_iter().flatten().flatten() {
            let text = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
            used.busy_ns += text("schedstat").split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
            used.wake_ups += number(&text("status"), "voluntary_ctxt_switches:");
        }
        let chunks = self.chunks();
        used.bytes = chunks.iter().map(|(_, bytes)| bytes.len()).sum();
        used.frames =
            chunks.windows(2).filter(|two| two[1].0.duration_since(two[0].0) > Duration::from_millis(5)).count();
        used
    }

    /// The most memory it ever had, in MiB.
    pub fn peak_mib(&self) -> f64 {
        let id = self.child.process_id().unwrap_or_default();
        let kib = number(&fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default(), "VmHWM:");
        #[expect(clippy::cast_precision_loss, reason = "KiB of one process")]
        let kib = kib as f64;
        kib / 1_024.0
    }

    /// Asks it to leave with a key: time until it is gone.
    pub fn leave(mut self, key: &str) -> io::Result<Duration> {
        let pressed = self.press(key)?;
        while pressed.elapsed() < PATIENCE {
            if self.child.try_wait()?.is_some() {
                return Ok(pressed.elapsed());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Err(io::Error::other("it does not leave"))
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn number(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
