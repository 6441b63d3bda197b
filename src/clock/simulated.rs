//! Other hands on the clock of one thread: virtual time for simulated incidents. Compiled for tests only.
//! May not outlive its guard, and may not touch the clock of any other thread.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;

/// What moves the clock of this thread.
pub trait Hands {
    /// The wall clock.
    fn now(&self) -> Timestamp;
    /// Time since boot.
    fn since_boot(&self) -> Duration;
    /// Ten random bytes for a name.
    fn chance(&self) -> [u8; 10];
}

thread_local! {
    static HANDS: RefCell<Option<Rc<dyn Hands>>> = const { RefCell::new(None) };
}

/// Gives the clock of this thread back when dropped.
#[must_use = "the clock is given back as soon as this is dropped"]
pub struct Guard(Option<Rc<dyn Hands>>);

/// Puts other hands on the clock of this thread.
pub fn put_on(hands: Rc<dyn Hands>) -> Guard {
    Guard(HANDS.with_borrow_mut(|slot| slot.replace(hands)))
}

impl Drop for Guard {
    fn drop(&mut self) {
        HANDS.with_borrow_mut(|slot| *slot = self.0.take());
    }
}

/// True while this thread's clock is simulated.
#[must_use]
pub fn is_on() -> bool {
    HANDS.with_borrow(Option::is_some)
}

/// Asks the hands, if there are any.
pub(super) fn read<T>(ask: impl FnOnce(&dyn Hands) -> T) -> Option<T> {
    // Cloned first: hands may be asked from within a jump of their own.
    let hands = HANDS.with_borrow(Option::clone)?;
    Some(ask(&*hands))
}
