//! What the command line says while it waits for a run: what for, at once where that takes long, then every half minute, and
//! that leaving is safe. May not judge a run, and says nothing of one whose leaving would not be safe.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::domain::run::{RunNews, RunState};
use crate::engine::Event;

/// Between two words on what is still waited for.
pub const EVERY: Duration = Duration::from_secs(30);

/// A run that is waited for, and of which nothing more will be sent.
#[derive(Debug)]
pub struct Waiting {
    /// What is said.
    words: String,
    /// When it is said again.
    again: Instant,
}

impl Waiting {
    /// For a run of which this is the newest news; `effect` says what would verify it, `flags` belong to every command that
    /// is told. `None` if the store has not answered, and at the end.
    pub fn of(news: &RunNews, effect: &str, flags: &str) -> Option<Self> {
        let run = news.run.short();
        let what = match news.state {
            RunState::Unknown => {
                format!("run {run}: nobody knows yet whether it happened; it is read back, and never sent again")
            }
            RunState::Acknowledged => format!("run {run}: the store said yes, and is read until it holds the setting"),
            RunState::ReadBack => format!("run {run}: stored, not proven yet: {effect}"),
            RunState::Stuck => {
                format!("run {run}: stuck, nothing has shown its effect ({}); it is still looked for", news.why)
            }
            _ => return None,
        };
        let words = format!(
            "waiting for {what}. Leaving is safe: nothing more is sent; `breakglass status{flags}` looks again"
        );
        Some(Self { words, again: Instant::now() + EVERY })
    }

    /// What is said of it.
    pub fn words(&self) -> &str {
        &self.words
    }
}

/// The next event; says what is waited for as long as none comes. News of other things does not put that off.
pub async fn event(
    events: &mut mpsc::Receiver<Event>,
    waiting: &mut Option<Waiting>,
    say: &mut dyn FnMut(&str),
) -> Option<Event> {
    loop {
        let Some(waits) = waiting else { return events.recv().await };
        if let Ok(event) = timeout_at(waits.again, events.recv()).await {
            return event;
        }
        say(&waits.words);
        waits.again += EVERY;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(state: RunState, why: &str) -> RunNews {
        RunNews {
            run: "run-1".parse().expect("id"),
            action: "kill-assistant".parse().expect("id"),
            state,
            why: why.into(),
            at: crate::domain::fixture::now(),
        }
    }

    #[test]
    fn it_says_what_is_waited_for_and_how_to_look_again_and_nothing_while_bytes_may_be_on_the_wire() {
        let words = |state, why| Waiting::of(&news(state, why), "verified when x", " -c bot.toml").map(|it| it.words);
        let stuck = words(RunState::Stuck, "fallback_share 0.4: not back yet").expect("words");
        assert!(stuck.contains("(fallback_share 0.4: not back yet); it is still looked for"), "{stuck}");
        assert!(stuck.contains("Leaving is safe") && stuck.ends_with("`breakglass status -c bot.toml` looks again"));
        let stored = words(RunState::ReadBack, "").expect("words");
        assert!(stored.contains("not proven yet: verified when x"), "{stored}");
        for state in [RunState::Intent, RunState::Sent, RunState::Verified, RunState::Undone, RunState::Rejected] {
            assert_eq!(words(state, ""), None, "{state}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_said_again_every_half_minute_however_much_other_news_comes() {
        let (tell, mut events) = mpsc::channel(1);
        let mut waiting = Waiting::of(&news(RunState::Stuck, "not yet"), "", "");
        let teller = tokio::spawn(async move {
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_secs(10)).await;
                let _ = tell.send(Event::Notice("something else".into())).await;
            }
        });
        let (mut said, mut heard) = (0, 0);
        while event(&mut events, &mut waiting, &mut |_| said += 1).await.is_some() {
            heard += 1;
        }
        teller.await.expect("told everything");
        assert_eq!((said, heard), (3, 10), "in 100 s");
    }
}
