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
use ratatui::backend::{Backend as _, CrosstermBackend};
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
    /// What a frame in which nothing changed comes to.
    nothing: Vec<u8>,
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
        Ok(Self { terminal, frame, nothing: nothing_new()? })
    }

    /// Draws one frame and sends it in one synchronized write. False if nothing changed: then nothing is sent.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, render: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<bool> {
        compose(&mut self.terminal, &mut self.frame, render)?;
        if *self.frame.bytes() == self.nothing {
            self.frame.bytes().clear();
            return Ok(false);
        }
        self.frame.send()?;
        Ok(true)
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

/// Draws into the buffer, from one end of a synchronized write to the other.
fn compose(
    terminal: &mut Terminal<CrosstermBackend<FrameBuffer>>,
    frame: &mut FrameBuffer,
    render: impl FnOnce(&mut ratatui::Frame<'_>),
) -> io::Result<()> {
    queue!(frame, BeginSynchronizedUpdate)?;
    terminal.draw(render)?;
    queue!(frame, EndSynchronizedUpdate)
}

/// A frame of no cells: what the backend writes whether or not there is something to show.
fn nothing_new() -> io::Result<Vec<u8>> {
    let mut frame = Vec::new();
    queue!(frame, BeginSynchronizedUpdate)?;
    let mut backend = CrosstermBackend::new(&mut frame);
    backend.draw(std::iter::empty())?;
    backend.hide_cursor()?;
    queue!(frame, EndSynchronizedUpdate)?;
    Ok(frame)
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

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::{TerminalOptions, Viewport};

    use super::*;

    #[test]
    fn a_frame_in_which_nothing_changed_is_known_by_its_bytes() {
        let mut frame = FrameBuffer::default();
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, 20, 3)) };
        let mut terminal = Terminal::with_options(CrosstermBackend::new(frame.clone()), options).expect("a terminal");
        let nothing = nothing_new().expect("bytes");
        let mut draw = |words: &'static str| {
            compose(&mut terminal, &mut frame, |screen| screen.render_widget(words, screen.area())).expect("drawn");
            std::mem::take(&mut *frame.bytes())
        };
        assert_ne!(draw("grounding 0.61"), nothing);
        assert_eq!(draw("grounding 0.61"), nothing);
        assert_ne!(draw("grounding 0.62"), nothing);
    }
}
