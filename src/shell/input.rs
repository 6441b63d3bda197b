//! Terminal input on a thread of its own, as `Msg`s. May not interpret keys: the app does.

use std::thread;
use std::time::Duration;

use crossterm::event::{
    self, Event as TerminalEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};
use tokio::sync::mpsc;

use crate::app::msg::{Key, Mouse, Msg};
use crate::clock;

/// Keys closer together than this were not typed by a hand: typed ahead, noise, or an unbracketed paste.
const HAND: Duration = Duration::from_millis(5);

/// Starts the reading thread. It ends with the process: a read cannot be interrupted portably, and after a lost
/// terminal crossterm's poll may never return, so nobody waits for this thread. A closed channel means: terminal lost.
pub fn listen(inbox: mpsc::Sender<Msg>) {
    thread::spawn(move || {
        let mut last_key = Duration::ZERO;
        while let Ok(event) = event::read() {
            let now = clock::since_boot();
            let more = event::poll(Duration::ZERO).unwrap_or(false);
            let burst = more || now.saturating_sub(last_key) < HAND;
            if matches!(event, TerminalEvent::Key(_)) {
                last_key = now;
            }
            let Some(msg) = translate(event, burst) else { continue };
            if inbox.blocking_send(msg).is_err() {
                return;
            }
        }
    });
}

fn translate(event: TerminalEvent, burst: bool) -> Option<Msg> {
    match event {
        TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => {
            Some(Msg::Key { key: translate_key(key)?, at: clock::now(), burst })
        }
        TerminalEvent::Paste(text) => Some(Msg::Paste(text)),
        TerminalEvent::Resize(width, height) => Some(Msg::Resize(width, height)),
        TerminalEvent::Mouse(mouse) => {
            let (x, y) = (mouse.column, mouse.row);
            match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => Some(Msg::Mouse(Mouse::Click(x, y))),
                MouseEventKind::ScrollUp => Some(Msg::Mouse(Mouse::ScrollUp(x, y))),
                MouseEventKind::ScrollDown => Some(Msg::Mouse(Mouse::ScrollDown(x, y))),
                _ => None,
            }
        }
        _ => None,
    }
}

fn translate_key(key: KeyEvent) -> Option<Key> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match key.code {
        KeyCode::Char(_) if alt => return None,
        KeyCode::Char(c) if control => Key::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alt_is_no_way_in_and_shifted_letters_stay_upper_case() {
        let alt = KeyEvent::new(KeyCode::Char('Y'), KeyModifiers::ALT);
        assert_eq!(translate_key(alt), None);
        let shifted = KeyEvent::new(KeyCode::Char('Y'), KeyModifiers::SHIFT);
        assert_eq!(translate_key(shifted), Some(Key::Char('Y')));
    }
}
