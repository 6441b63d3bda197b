//! The terminal: taken on entry, given back on every exit path but SIGKILL. One write per frame.
//! May not draw or read input.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::process::{Signal, kill_current_process_group};

/// Mouse buttons and wheel with SGR coordinates; never `?1003` (every movement is a wake-up and bytes over SSH).
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// Collects a whole frame, so that it leaves in one write. Ratatui flushes in the middle of a frame: that does nothing.
#[derive(Debug, Clone, Default)]
struct FrameBuffer(Arc<Mutex<Vec<u8>>>);

impl FrameBuffer {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self) -> io::Result<()> {
        let mut frame = self.bytes();
        let mut out = io::stdout().lock();
        let sent = out.write_all(&frame).and_then(|()| out.flush());
        frame.clear();
        sent
    }
}

impl Write for FrameBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The terminal while the cockpit has it. Gives it back when dropped.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<FrameBuffer>>,
    frame: FrameBuffer,
}

impl Screen {
    /// Takes the terminal and makes sure that a panic gives it back before its message is printed.
    ///
    /// # Errors
    /// The terminal cannot be put into raw mode, or cannot be written to.
    pub fn enter() -> io::Result<Self> {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
        let mut frame = FrameBuffer::default();
        take(&mut frame)?;
        let terminal = Terminal::new(CrosstermBackend::new(frame.clone()))?;
        Ok(Self { terminal, frame })
    }

    /// Draws one frame and sends it in one synchronized write.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, render: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        queue!(self.frame, BeginSynchronizedUpdate)?;
        self.terminal.draw(render)?;
        queue!(self.frame, EndSynchronizedUpdate)?;
        self.frame.send()
    }

    /// Gives the terminal back, says why, and stops every process of this job until somebody continues it.
    ///
    /// # Errors
    /// The system refuses to stop it.
    pub fn stop(&mut self, why: &str) -> io::Result<()> {
        give_back();
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{why}").and_then(|()| out.flush());
        drop(out);
        Ok(kill_current_process_group(Signal::TSTP)?)
    }

    /// Takes the terminal again, and forgets what was on it: the next frame paints everything.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn take_back(&mut self) -> io::Result<()> {
        // Whoever had it meanwhile may have left it in any mode; only a change is carried out.
        disable_raw_mode()?;
        take(&mut self.frame)?;
        queue!(self.frame, Clear(ClearType::All))?;
        // A new one knows nothing of the screen. To clear the old one asks where the cursor is, and its answer would be taken
        // for keys by whoever reads those.
        self.terminal = Terminal::new(CrosstermBackend::new(self.frame.clone()))?;
        Ok(())
    }

    /// Sends text to the terminal's clipboard (OSC 52). The text is base64, so nothing of it can be a control.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        queue!(self.frame, CopyToClipboard::to_clipboard_from(text))?;
        self.frame.send()
    }
}

/// Asks for the terminal; what is queued leaves with the first frame.
fn take(frame: &mut FrameBuffer) -> io::Result<()> {
    enable_raw_mode()?;
    queue!(frame, EnterAlternateScreen, cursor::Hide, EnableBracketedPaste, Print(MOUSE_ON))
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back. Safe to call twice; errors are ignored, since nobody is left to tell.
pub fn give_back() {
    let _ = execute!(
        io::stdout(),
        Print(MOUSE_OFF),
        DisableBracketedPaste,
        EndSynchronizedUpdate,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}
