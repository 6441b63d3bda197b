//! The order of symptoms: harm, then `beats`, then score, severity, id. May not judge evidence.

use std::cmp::Ordering;

use super::super::change::ChangeKind;
use super::super::ids::SymptomId;
use super::super::onset::Onset;
use super::super::runbook::Harm;
use super::super::snapshot::{Below, Precedence, Ranked};

/// A symptom with what its place depends on.
#[derive(Debug)]
pub(super) struct Standing {
    /// The floor that is in force, not the one that the runbook could have.
    pub(super) harm: Harm,
    /// Symptoms that come after this one while it holds.
    pub(super) beats: Vec<SymptomId>,
    /// A decisive piece is true and its score is above 0; without decisive pieces, more of its measured evidence is true
    /// than false. One stray clue does not make it beat anything.
    pub(super) holds: bool,
    /// Why its severity is what it is.
    pub(super) why: String,
    /// Kinds of change that its true evidence names.
    pub(super) kinds: Vec<ChangeKind>,
    /// Onset of its own signals; without one, of the leading trouble.
    pub(super) onset: Option<Onset>,
    /// What the snapshot shows of it.
    pub(super) ranked: Ranked,
}

/// Sorts symptoms. Within one harm class, a symptom waits for those that beat it; better standing never makes it wait longer.
pub(super) fn sorted(mut standings: Vec<Standing>) -> Vec<Standing> {
    standings.sort_by(compare);
    let mut sorted: Vec<Standing> = Vec::with_capacity(standings.len());
    while !standings.is_empty() {
        let is_beaten = |at: usize| {
            let Some(this) = standings.get(at) else { return false };
            let beats_this = |other: &Standing| {
                other.holds
                    && other.harm == this.harm
                    && other.ranked.id != this.ranked.id
                    && other.beats.contains(&this.ranked.id)
            };
            standings.iter().any(beats_this)
        };
        let harm = standings.first().map(|first| first.harm);
        let same_class = |at: &usize| standings.get(*at).map(|s| s.harm) == harm;
        // The relation is acyclic by the load check; if it were not, the first one goes.
        let next = (0..standings.len()).filter(same_class).find(|at| !is_beaten(*at)).unwrap_or(0);
        sorted.push(standings.remove(next));
    }
    sorted
}

/// Why a symptom stands below one whose score, as it is shown, is smaller. `sorted` is in its final order.
pub(super) fn below(sorted: &[Standing], at: usize) -> Option<Below> {
    let shown = |standing: &Standing| (standing.ranked.score * 100.0).round();
    let (above, rest) = sorted.split_at_checked(at)?;
    let this = rest.first()?;
    let smaller = above.iter().position(|other| shown(other) < shown(this))?;
    let beats = |other: &Standing| other.holds && other.harm == this.harm && other.beats.contains(&this.ranked.id);
    let found = |at: usize, by| {
        let symptom = above.get(at)?.ranked.id.clone();
        Some(Below { rank: at + 1, symptom, by })
    };
    match above.iter().position(beats) {
        Some(at) => found(at, Precedence::Beats),
        None => {
            found(smaller, Precedence::Harm).filter(|_| above.get(smaller).is_some_and(|other| other.harm > this.harm))
        }
    }
}

fn compare(a: &Standing, b: &Standing) -> Ordering {
    b.harm
        .cmp(&a.harm)
        .then_with(|| b.ranked.score.total_cmp(&a.ranked.score))
        .then_with(|| a.ranked.severity.cmp(&b.ranked.severity))
        .then_with(|| a.ranked.id.cmp(&b.ranked.id))
}
