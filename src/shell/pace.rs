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
}

impl Pace {
    /// The first frame may be drawn at once.
    pub const fn new(now: Instant) -> Self {
        Self { next: now, next_for_key: now, key_waits: false }
    }

    /// Somebody pressed a key and waits for what it does.
    pub const fn key(&mut self) {
        self.key_waits = true;
    }

    /// From when on the next frame may be drawn.
    pub fn due(&self) -> Instant {
        if self.key_waits { self.next_for_key.min(self.next) } else { self.next }
    }

    /// A frame was drawn. One that came early for a key is made up for: the next that nobody waits for comes later.
    pub fn drawn(&mut self, now: Instant) {
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
        pace.drawn(start);
        assert_eq!(pace.due(), start + FRAME, "what nobody waits for waits for its turn");
        let soon = start + Duration::from_millis(1);
        pace.key();
        assert!(pace.due() <= soon);
        pace.drawn(soon);
        assert_eq!(pace.due(), start + 2 * FRAME, "and the next makes up for it");
        pace.key();
        assert_eq!(pace.due(), soon + FRAME, "keys among themselves keep to sixty a second");
    }

    #[test]
    fn however_many_keys_and_pictures_come_frames_stay_near_sixty_a_second_and_no_key_waits_longer_than_one() {
        let start = Instant::now();
        let mut random = fastrand::Rng::with_seed(7);
        let mut pace = Pace::new(start);
        let (mut frames, mut pressed) = (0, None);
        for milli in 0..10_000 {
            let now = start + Duration::from_millis(milli);
            if random.u8(..) < 8 {
                pace.key();
                pressed = pressed.or(Some(now));
            }
            // Something changes all the time.
            if now >= pace.due() {
                assert!(pressed.take().is_none_or(|pressed| now - pressed <= FRAME));
                pace.drawn(now);
                frames += 1;
            }
        }
        assert!(frames <= 10 * 63, "{frames} frames in ten seconds");
    }
}
