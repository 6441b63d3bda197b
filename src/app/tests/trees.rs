//! Every walk of every shipped tree, by keys: it ends in an action, an escalation or a named hand-over, and the first
//! containment is at most two answers away. Only the shipped runbooks: a team's own are checked by `breakglass check`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::app::fixture;
use crate::app::keymap::{Keymap, Remaps};
use crate::app::msg::Key;
use crate::app::{Model, Options, Screen, runbook};
use crate::config::load_text;
use crate::domain::approval::Person;
use crate::domain::ids::{StepId, SymptomId};
use crate::domain::permit::Mode;
use crate::domain::runbook::{Rule, StepBody};
use crate::domain::walk::Place;

const CONFIG: &str = include_str!("../../../tests/fixtures/config/valid/support-bot.toml");
/// More answers than this may not stand before the first containment.
const MOST_ANSWERS: usize = 2;

/// A session without any picture: nothing is known, so every answer is a person's own.
fn model() -> Model {
    let catalogue = load_text("bot", CONFIG).unwrap_or_else(|problems| panic!("{problems}")).catalogue;
    let keymap = Keymap::build(&catalogue.actions, &Remaps::new()).expect("no clash");
    let options = Options {
        who: "sam".to_owned(),
        me: Person::new("sam", "laptop", None),
        mode: Mode::ReadOnly,
        keymap,
        size: (100, 30),
        now: fixture::now(),
        configured: true,
        liftable: true,
    };
    Model::new(Arc::new(catalogue), options)
}

/// A place of some walk: where, after how many answers, and whether a containment was offered on the way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct At {
    symptom: SymptomId,
    step: Option<StepId>,
    answers: usize,
    contained: bool,
}

/// Every place that keys can reach.
#[derive(Default)]
struct Explored {
    leads: BTreeMap<At, BTreeSet<At>>,
    ends: BTreeSet<At>,
    wrong: Vec<String>,
}

impl Explored {
    fn from(&mut self, model: &Model, symptom: &SymptomId, answers: usize, contained: bool) -> At {
        let (runbook, walk) = runbook::walk(model, symptom).expect("a walk");
        let (runbook, place) = (Arc::clone(runbook), walk.place.clone());
        let step = walk.step(&runbook).cloned();
        let id = step.as_ref().map(|step| step.id.clone());
        let offers =
            matches!(step.as_ref().map(|step| &step.body), Some(StepBody::Contain { kinds, .. }) if !kinds.is_empty());
        if offers && !contained && answers > MOST_ANSWERS {
            self.wrong.push(format!("{symptom}: {answers} answers before {id:?}"));
        }
        let contained = contained || offers;
        let here = At { symptom: symptom.clone(), step: id, answers, contained };
        if self.leads.contains_key(&here) || self.ends.contains(&here) {
            return here;
        }
        let Some(step) = step else {
            match place {
                Place::Ended(words) => {
                    let named = ["Hand over", "hand over", "Escalate", "escalate", "No fault"];
                    if words.trim().is_empty() || (!contained && !named.iter().any(|word| words.contains(word))) {
                        self.wrong.push(format!("{symptom}: ends without an action or a hand-over: {words:?}"));
                    }
                    self.ends.insert(here.clone());
                }
                Place::Handed(next) => {
                    self.leads.insert(here.clone(), BTreeSet::new());
                    let mut model = model.clone();
                    model.walks.remove(&next);
                    fixture::press(&mut model, 'y');
                    assert!(matches!(model.screens.top(), Screen::Runbook(screen) if screen.symptom == next), "{next}");
                    let there = self.from(&model, &next, answers, contained);
                    self.leads.entry(here.clone()).or_default().insert(there);
                }
                Place::At(step) => self.wrong.push(format!("{symptom}: there is no step {step}")),
            }
            return here;
        };
        self.leads.insert(here.clone(), BTreeSet::new());
        let (keys, counts): (&[&str], usize) = match &step.body {
            StepBody::Ask { .. } => (&["y", "n", "d", "s"], 1),
            StepBody::Contain { .. } => (&["s"], 0),
            StepBody::Watch { .. } => (&["y", "n", "d", "s"], 0),
        };
        for key in keys {
            let mut model = model.clone();
            for letter in key.chars() {
                fixture::press(&mut model, letter);
            }
            // A skip says why, and so does a watch that ends before its time.
            if model.dialog.is_some() {
                fixture::press(&mut model, 'x');
                fixture::press_at(&mut model, Key::Enter, fixture::now());
            }
            let moved = runbook::walk(&model, symptom).is_some_and(|(_, walk)| walk.place != place);
            assert!(moved && model.dialog.is_none(), "{symptom} {}: {key} moves nothing", step.id);
            let there = self.from(&model, symptom, (answers + counts).min(MOST_ANSWERS + 4), contained);
            self.leads.entry(here.clone()).or_default().insert(there);
        }
        here
    }

    /// Places from which no key leads to an end.
    fn stuck(&self) -> Vec<&At> {
        let mut ending: BTreeSet<&At> = self.ends.iter().collect();
        loop {
            let more: Vec<&At> = self
                .leads
                .iter()
                .filter(|(at, _)| !ending.contains(at))
                .filter(|(_, next)| next.iter().any(|next| ending.contains(next)))
                .map(|(at, _)| at)
                .collect();
            if more.is_empty() {
                return self.leads.keys().filter(|at| !ending.contains(at)).collect();
            }
            ending.extend(more);
        }
    }
}

#[test]
fn every_walk_of_every_tree_ends_in_an_action_an_escalation_or_a_hand_over_within_two_answers_to_contain() {
    let fresh = model();
    let symptoms: Vec<SymptomId> = fresh.catalogue.runbooks.keys().cloned().collect();
    assert_eq!(symptoms.len(), 18 + Rule::ALL.len());
    let mut explored = Explored::default();
    for symptom in &symptoms {
        let mut model = fresh.clone();
        runbook::open(&mut model, symptom);
        explored.from(&model, symptom, 0, false);
    }
    assert!(explored.leads.len() > 300 && explored.ends.len() > 20, "{} {}", explored.leads.len(), explored.ends.len());
    assert_eq!(explored.wrong, Vec::<String>::new());
    assert_eq!(explored.stuck(), Vec::<&At>::new());
}
