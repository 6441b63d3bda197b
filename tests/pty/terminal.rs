//! A program in a real pseudo-terminal, its screen parsed. Waits on conditions, never blindly.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long a screen may take to show something, on a machine that does other work too.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(20);

/// A running program and its screen.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Starts the program under test with these arguments.
    pub fn start(columns: u16, rows: u16, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_breakglass"));
        command.args(arguments);
        for (name, value) in environment {
            command.env(name, value);
        }
        Self::run(columns, rows, command)
    }

    /// Starts it as a job of a shell, which goes on with `script` once the job stops or ends.
    pub fn start_as_job(columns: u16, rows: u16, arguments: &[&str], script: &str) -> Self {
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", &format!("set -m; \"$0\" \"$@\"; {script}"), env!("CARGO_BIN_EXE_breakglass")]);
        command.args(arguments);
        Self::run(columns, rows, command)
    }

    fn run(columns: u16, rows: u16, mut command: CommandBuilder) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 0)));
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (parser, raw) = (Arc::clone(&screen), Arc::clone(&bytes));
        thread::spawn(move || {
            let mut chunk = [0; 16 * 1024];
            while let Ok(count) = reader.read(&mut chunk) {
                if count == 0 {
                    return;
                }
                parser.lock().expect("screen").process(&chunk[..count]);
                raw.lock().expect("bytes").extend_from_slice(&chunk[..count]);
            }
        });
        let keyboard = pair.master.take_writer().expect("a keyboard");
        Self { child, master: pair.master, keyboard, screen, bytes }
    }

    /// The screen's text.
    pub fn text(&self) -> String {
        self.parser().screen().contents()
    }

    fn parser(&self) -> MutexGuard<'_, vt100::Parser> {
        self.screen.lock().expect("screen")
    }

    /// Everything that was sent to the terminal so far.
    pub fn raw(&self) -> Vec<u8> {
        self.bytes.lock().expect("bytes").clone()
    }

    /// Whether the alternate screen is left and the cursor is back, once the last bytes have come through.
    pub fn given_back(&self) -> bool {
        let end = Instant::now() + Duration::from_secs(5);
        loop {
            let parser = self.parser();
            if !parser.screen().alternate_screen() && !parser.screen().hide_cursor() {
                return true;
            }
            drop(parser);
            if Instant::now() > end {
                return false;
            }
            thread::sleep(LOOK);
        }
    }

    /// Types one key (or a whole escape sequence).
    pub fn key(&mut self, key: &str) {
        self.keyboard.write_all(key.as_bytes()).expect("the program reads");
        self.keyboard.flush().expect("the program reads");
    }

    /// Types letters as a hand does: each one after the screen had time to hear of the last.
    pub fn type_slowly(&mut self, text: &str) {
        for letter in text.chars() {
            self.key(&letter.to_string());
            thread::sleep(Duration::from_millis(25));
        }
    }

    /// Waits until the screen shows the text.
    pub fn wait_for(&self, wanted: &str) -> String {
        self.wait_until(wanted, |text| text.contains(wanted))
    }

    /// Waits until the screen's text fulfils a condition; on failure the last screen is shown.
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            if holds(&text) {
                return text;
            }
            assert!(Instant::now() < end, "waited for {what} in vain; the screen:\n{text}");
            thread::sleep(LOOK);
        }
    }

    /// Presses a key again and again until the screen fulfils a condition: for keys that are dropped at first.
    pub fn press_until(&mut self, key: &str, what: &str, mut holds: impl FnMut(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            self.key(key);
            let pause = Instant::now() + Duration::from_millis(600);
            while Instant::now() < pause {
                let text = self.text();
                if holds(&text) {
                    return text;
                }
                thread::sleep(LOOK);
            }
            assert!(Instant::now() < end, "pressed {key} for {what} in vain; the screen:\n{}", self.text());
        }
    }

    /// Presses these keys in turn, again and again, until the program ends.
    pub fn press_until_end(&mut self, keys: &[&str]) {
        let end = Instant::now() + PATIENCE;
        for key in keys.iter().cycle() {
            if self.child.try_wait().expect("a child").is_some() {
                break;
            }
            let _ = self.keyboard.write_all(key.as_bytes());
            thread::sleep(Duration::from_millis(600));
            assert!(Instant::now() < end, "the program does not end; the screen:\n{}", self.text());
        }
        thread::sleep(Duration::from_millis(50));
    }

    /// Another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("resized");
        self.parser().screen_mut().set_size(rows, columns);
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process id")
    }

    /// Waits for the program's end.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                // The last bytes may still be on their way to the parser.
                thread::sleep(Duration::from_millis(50));
                return status;
            }
            assert!(Instant::now() < end, "the program does not end; the screen:\n{}", self.text());
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
