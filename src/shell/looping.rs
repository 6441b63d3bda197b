//! The loop: wait, drain what is ready, update, carry effects out in order, draw once. Awaits nothing else.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::bridge::Wires;
use super::input;
use super::pace::Pace;
use super::terminal::Screen;
use crate::app::{Dirty, Effect, Model, Msg, update};
use crate::clock;
use crate::ui;
use crate::ui::theme::Theme;

/// At most this many messages before a frame, so that no source starves the screen.
const DRAIN_CAP: usize = 256;

/// The loop's state.
pub struct Looping {
    model: Model,
    screen: Screen,
    theme: Theme,
    dirty: bool,
    pace: Pace,
    quit: Option<u8>,
}

impl Looping {
    /// Ready to draw the first frame.
    pub fn new(model: Model, screen: Screen, theme: Theme) -> Self {
        Self { model, screen, theme, dirty: true, pace: Pace::new(Instant::now()), quit: None }
    }

    /// Draws one frame, sweeps it, and tells the model what was really seen.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self) -> io::Result<()> {
        let mut seen = None;
        let (model, theme) = (&self.model, &self.theme);
        let changed = self.screen.draw(|frame| {
            seen = Some(ui::view(model, theme, frame));
            ui::sweep::sweep(frame.buffer_mut(), theme.glyphs().is_ascii());
        })?;
        if let Some(viewport) = seen {
            self.model.viewed(viewport, clock::now());
        }
        self.dirty = false;
        self.pace.drawn(Instant::now(), changed);
        Ok(())
    }

    /// Runs until a person quits, a signal comes, or the terminal is gone. Gives the exit code.
    ///
    /// # Errors
    /// Signals cannot be listened to. A lost terminal is no error here: there is nobody to tell.
    pub async fn run(&mut self, mut wires: Wires) -> io::Result<u8> {
        let (keys_in, mut keys) = mpsc::channel(256);
        input::listen(keys_in);
        let mut signals = Signals::listen()?;
        let mut go_on = signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?;
        let mut effects = Vec::new();
        while self.quit.is_none() {
            let tick = until_next_second();
            let frame_due = self.pace.due();
            tokio::select! {
                biased;
                code = signals.stop() => return Ok(code),
                Some(()) = go_on.recv() => self.back(),
                Some(msg) = wires.inbox.recv() => self.take(msg, &mut effects),
                msg = keys.recv() => match msg {
                    Some(msg) => self.take(msg, &mut effects),
                    None => return Ok(TERMINAL_LOST),
                },
                Ok(()) = wires.pictures.changed() => self.take_picture(&mut wires, &mut effects),
                () = tokio::time::sleep_until(frame_due), if self.dirty => {}
                () = tokio::time::sleep(tick) => self.take(Msg::Tick(clock::now()), &mut effects),
            }
            self.drain(&mut wires, &mut keys, &mut effects);
            for effect in effects.drain(..) {
                self.dispatch(effect, &wires).await;
            }
            if self.dirty && Instant::now() >= self.pace.due() && self.draw().is_err() {
                return Ok(TERMINAL_LOST);
            }
        }
        Ok(self.quit.unwrap_or(0))
    }

    fn take(&mut self, msg: Msg, effects: &mut Vec<Effect>) {
        // Runbooks come once, and after an edit: somebody sits there and waits for them.
        let is_awaited = matches!(msg, Msg::Key { .. } | Msg::Runbooks { .. });
        let (asked, dirty) = update(&mut self.model, msg);
        if dirty == Dirty::Redraw {
            self.dirty = true;
            if is_awaited {
                self.pace.awaited();
            }
        }
        effects.extend(asked);
    }

    fn drain(&mut self, wires: &mut Wires, keys: &mut mpsc::Receiver<Msg>, effects: &mut Vec<Effect>) {
        for _ in 0..DRAIN_CAP {
            // One key a turn while effects wait: an effect must see the model that asked for it.
            let next = wires.inbox.try_recv().or_else(|_| keys.try_recv());
            let Ok(msg) = next else { break };
            self.take(msg, effects);
        }
        if wires.pictures.has_changed().unwrap_or(false) {
            self.take_picture(wires, effects);
        }
    }

    fn take_picture(&mut self, wires: &mut Wires, effects: &mut Vec<Effect>) {
        let newest = wires.pictures.borrow_and_update().clone();
        if let Some(snapshot) = newest {
            self.take(Msg::Snapshot(snapshot), effects);
        }
    }

    /// Gives the terminal back and stops, with everything in this job, as every shell expects of ctrl-z. Without a shell
    /// that could continue it the system stops nothing, and the screen is back at once.
    fn suspend(&mut self) {
        let stopped = self.screen.stop(STOPPED);
        self.back();
        if let Err(error) = stopped {
            self.take(Msg::Notice(format!("could not be stopped: {error}")), &mut Vec::new());
        }
    }

    /// Takes the terminal back after this process was stopped, by whomever, and draws everything anew.
    fn back(&mut self) {
        // A terminal that is gone is found by the next frame.
        let _ = self.screen.take_back();
        if let Ok((width, height)) = crossterm::terminal::size() {
            self.take(Msg::Resize(width, height), &mut Vec::new());
        }
        self.take(Msg::Tick(clock::now()), &mut Vec::new());
        self.dirty = true;
    }

    async fn dispatch(&mut self, effect: Effect, wires: &Wires) {
        match effect {
            Effect::Quit(code) => self.quit = Some(code),
            Effect::Copy(text) => {
                // A terminal never tells whether its clipboard took it; the screens said so when they asked for this.
                if let Err(error) = self.screen.copy(&crate::domain::text::clean_lines(&text)) {
                    self.take(Msg::Notice(format!("could not be sent to the terminal: {error}")), &mut Vec::new());
                }
            }
            Effect::Suspend => self.suspend(),
            // A bounded queue reservation, never the effect itself.
            other => {
                let _ = wires.effects.send(other).await;
            }
        }
    }
}

/// What the shell shows while this process is stopped.
const STOPPED: &str = "breakglass is stopped: nothing is polled, followed or told until `fg`";

/// The terminal went away under us: as after SIGHUP.
const TERMINAL_LOST: u8 = 129;

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for a signal; gives the exit code that shells use for it.
    async fn stop(&mut self) -> u8 {
        tokio::select! {
            _ = self.terminate.recv() => 143,
            _ = self.interrupt.recv() => 130,
            _ = self.hang_up.recv() => TERMINAL_LOST,
        }
    }
}

fn until_next_second() -> Duration {
    let within = clock::now().subsec_nanosecond();
    Duration::from_secs(1).saturating_sub(Duration::from_nanos(u64::try_from(within).unwrap_or(0)))
}
