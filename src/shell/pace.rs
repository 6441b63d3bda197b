//! When the next frame may be drawn: sixty a second at most, and a key is never kept waiting by a frame that no key asked
//! for. May not draw.

use std::time::Duration;

use tokio::time::Instant;

/// Sixty frames a second.
const FRAME: Duration = Duration::from_millis(16);

/// The pace of one screen.
#[derive(Debug)]
pub struct Pace {
    /// What nobody waits for is drawn from then on.
    next: Instant,
    /// What a key changed is drawn from then on.
    next_for_key: Instant,
    key_waits: bool,
    /// The last frame had nothing new, and did not count.
    nothing_new: bool,
}

impl Pace {
    /// The first frame may be drawn at once.
    pub const fn new(now: Instant) -> Self {
        Self { next: now, next_for_key: now, key_waits: false, nothing_new: false }
    }

    /// Somebody waits for what comes now: what a key does, above all.
    pub const fn awaited(&mut self) {
        self.key_waits = true;
    }

    /// From when on the next frame may be drawn.
    pub fn due(&self) -> Instant {
        if self.key_waits { self.next_for_key.min(self.next) } else { self.next }
    }

    /// A frame was drawn. One that came early for a key is made up for: the next that nobody waits for comes later. One in
    /// which nothing `changed` does not count, if the one before it did.
    pub fn drawn(&mut self, now: Instant, changed: bool) {
        let before = std::mem::replace(&mut self.nothing_new, !changed);
        if !changed && !before {
            self.key_waits = false;
            return;
        }
        self.next = (self.next.max(now) + FRAME).min(now + 2 * FRAME);
        if std::mem::take(&mut self.key_waits) {
            self.next_for_key = now + FRAME;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_drawn_at_once_after_a_frame_that_nobody_waited_for() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.drawn(start, true);
        assert_eq!(pace.due(), start + FRAME, "what nobody waits for waits for its turn");
        let soon = start + Duration::from_millis(1);
        pace.awaited();
        assert!(pace.due() <= soon);
        pace.drawn(soon, true);
        assert_eq!(pace.due(), start + 2 * FRAME, "and the next makes up for it");
        pace.awaited();
        assert_eq!(pace.due(), soon + FRAME, "keys among themselves keep to sixty a second");
    }

    #[test]
    fn a_frame_in_which_nothing_changed_keeps_nobody_waiting_but_a_row_of_them_keeps_to_the_pace() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.drawn(start, false);
        assert_eq!(pace.due(), start, "the first value may come right behind it");
        pace.drawn(start, false);
        assert_eq!(pace.due(), start + FRAME);
    }

    #[test]
    fn however_many_keys_and_pictures_come_frames_stay_near_sixty_a_second_and_no_key_waits_longer_than_one() {
        let start = Instant::now();
        let mut random = fastrand::Rng::with_seed(7);
        let mut pace = Pace::new(start);
        let (mut frames, mut sent, mut pressed) = (0, 0, None);
        for milli in 0..10_000 {
            let now = start + Duration::from_millis(milli);
            if random.u8(..) < 8 {
                pace.awaited();
                pressed = pressed.or(Some(now));
            }
            // Something changes all the time.
            if now >= pace.due() {
                assert!(pressed.take().is_none_or(|pressed| now - pressed <= FRAME));
                // Some of it is nothing that anybody sees.
                let changed = random.bool();
                pace.drawn(now, changed);
                frames += 1;
                sent += u32::from(changed);
            }
        }
        assert!(sent <= 10 * 63, "{sent} frames sent in ten seconds");
        assert!(frames <= 2 * 10 * 63, "{frames} frames made in ten seconds");
    }
}
