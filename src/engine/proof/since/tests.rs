//! From when on a sample is evidence, also while somebody sets the clock.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use super::*;
use crate::clock::simulated::{Hands, put_on};
use crate::domain::fixture::{World, now};
use crate::domain::ids::EndpointId;
use crate::domain::sample::Sample;
use crate::domain::signal::SignalSpec;

/// Wall clock and time since boot, each as it is set.
#[derive(Clone)]
struct Clocks(Rc<Cell<(Timestamp, Duration)>>);

impl Hands for Clocks {
    fn now(&self) -> Timestamp {
        self.0.get().0
    }

    fn since_boot(&self) -> Duration {
        self.0.get().1
    }

    fn chance(&self) -> [u8; 10] {
        [0; 10]
    }
}

impl Clocks {
    /// Time passes, and the wall clock is set by so much beyond it.
    fn pass(&self, time: Duration, set: SignedDuration) {
        let (wall, boot) = self.0.get();
        self.0.set((wall + time + set, boot + time));
    }
}

/// A view made now, whose one sample is that old.
fn view(age: SignedDuration) -> View {
    let world = World::well();
    let mut snapshot = world.snapshot();
    snapshot.at = clock::now();
    snapshot.signals.truncate(1);
    snapshot.signals[0].sample = Some(Sample { value: 1.0, n: None, at: snapshot.at - age });
    let (observations, catalogue) = (Arc::new(world.observed), Arc::new(world.catalogue));
    View { snapshot: Arc::new(snapshot), observations, catalogue, settled: true, made: clock::since_boot() }
}

fn sample_of(view: &View) -> Timestamp {
    newest(view).expect("one sample")
}

#[test]
fn what_was_known_before_the_clock_was_set_is_not_newer_than_the_answer_by_the_new_one() {
    let clocks = Clocks(Rc::new(Cell::new((now(), Duration::from_secs(1_000)))));
    let _guard = put_on(Rc::new(clocks.clone()));
    let mut since = Heard::at(clock::now());
    let ms = SignedDuration::from_millis;
    clocks.pass(Duration::from_millis(300), SignedDuration::ZERO);
    let before = view(ms(200));
    for set in [SignedDuration::from_secs(34), SignedDuration::from_hours(24)] {
        clocks.pass(Duration::from_millis(100), set);
        assert_eq!(since.by(&before), None, "its times are by another clock");
        clocks.pass(Duration::from_millis(100), SignedDuration::ZERO);
        let same_sample = view(ms(400));
        let from = since.by(&same_sample).expect("a view by the new clock");
        assert!(sample_of(&same_sample) <= from, "what was held all the time is no news");
        clocks.pass(Duration::from_secs(1), SignedDuration::ZERO);
        let fresh = view(ms(100));
        assert!(sample_of(&fresh) > since.by(&fresh).expect("known"), "a sample that came since is");
    }
}

fn with_source(mut view: View, ahead: Option<Ahead>) -> View {
    let id: EndpointId = "metrics".parse().expect("an id");
    let mut snapshot = (*view.snapshot).clone();
    let spec = &mut snapshot.signals[0].spec;
    *spec = Arc::new(SignalSpec { from: Some(id.clone()), ..(**spec).clone() });
    let mut observed = (*view.observations).clone();
    let answered_at = Some(snapshot.at);
    observed.sources = vec![SourceState { id, role: Role::Signals, fault: None, latency: None, answered_at, ahead }];
    (view.snapshot, view.observations) = (Arc::new(snapshot), Arc::new(observed));
    view
}

#[test]
fn one_look_takes_only_what_is_newer_by_both_clocks_of_a_source_that_tells_its_time() {
    let clocks = Clocks(Rc::new(Cell::new((now(), Duration::from_secs(1_000)))));
    let _guard = put_on(Rc::new(clocks.clone()));
    let s = SignedDuration::from_secs;
    let (answer, mut since) = (clock::now(), Since::one_look(clock::now()));
    clocks.pass(Duration::from_mins(1), SignedDuration::ZERO);
    let told = |by: i64| Some(Ahead::told(clock::now() + s(by), SignedDuration::ZERO, clock::now(), clock::now()));
    let from = |ahead, since: &mut Since| since.by(&with_source(view(s(5)), ahead));
    assert_eq!(from(told(0), &mut since), Some(answer + s(1)));
    assert_eq!(from(told(39), &mut since), Some(answer + s(1)));
    assert_eq!(from(told(-39), &mut since), Some(answer + s(40)), "ours may have been set ahead since");
    assert_eq!(from(None, &mut since), None, "a cockpit that stays can tell, one look cannot");
}

#[test]
fn a_run_that_was_taken_up_is_shown_by_what_is_newer_than_a_sample_asked_for_since() {
    let clocks = Clocks(Rc::new(Cell::new((now(), Duration::from_secs(1_000)))));
    let _guard = put_on(Rc::new(clocks.clone()));
    let s = SignedDuration::from_secs;
    let mut since = Since::taken_up();
    let before = with_source(view(s(-30)), None);
    assert_eq!(since.by(&before), None, "asked for in the very instant");
    clocks.pass(Duration::from_secs(1), SignedDuration::ZERO);
    let first = with_source(view(s(-30)), None);
    let from = since.by(&first).expect("asked for since");
    assert!(sample_of(&first) <= from, "it may be older than the answer, whatever its time says");
    clocks.pass(Duration::from_secs(5), SignedDuration::ZERO);
    let next = with_source(view(s(-30)), None);
    assert!(sample_of(&next) > since.by(&next).expect("known"));
}
