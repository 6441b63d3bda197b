//! The keys of a runbook file. May not read values.

use crate::domain::action::ActionKind;
use crate::domain::runbook::{Harm, Rule};

use super::super::evidence::{ALL, ANY, NONE};
use super::super::runbook_tests::TEST;
use super::super::shape::{Shape, Takes, optional, required};
use super::super::wording::{SENTENCE, TEXT, TITLE};

pub(in crate::config) static RUNBOOK: Shape = Shape {
    about: "A symptom and the decision tree for it.",
    keys: &[
        required("schema", Takes::Whole, "version of this format: 1"),
        required("id", Takes::Id, "the symptom; the same id in a team's directory replaces the shipped runbook"),
        required("title", Takes::Line(TITLE), "the symptom in a few words"),
        required("hypothesis", Takes::Line(SENTENCE), "what is probably going on, one or two sentences"),
        required("version", Takes::Version, "from 1; goes up with every change of this file"),
        required("owner", Takes::Line(TITLE), "who keeps it"),
        required("severity", Takes::Table(&SEVERITY), "the severity to propose"),
        optional("harm", Takes::Word(harms), "people are harmed: ranks before everything else"),
        optional("beats", Takes::List(&Takes::Id), "more general symptoms that stand behind this one"),
        required("contain", Takes::List(&Takes::Word(kinds)), "kinds of action to offer, best first"),
        optional("never", Takes::List(&Takes::Word(kinds)), "kinds that make it worse"),
        required("start", Takes::Id, "the first step"),
        optional("stop-after", Takes::Duration, "after this, contain first and dig later; default 15m"),
        optional("tags", Takes::List(&Takes::Line(TITLE)), "for filters"),
        optional("drilled", Takes::Day, "when people last practised it; `check` warns after 90 days"),
        optional(
            "rule",
            Takes::Word(rules),
            "a cross-cutting rule offers this runbook; it has no evidence and no rank",
        ),
        optional("scope", Takes::Line(SENTENCE), "whom it hits, and how to tell"),
        optional("verify", Takes::List(&Takes::Line(SENTENCE)), "how to show that the containment worked"),
        optional("diagnose", Takes::List(&Takes::Table(&DIAGNOSE)), "where the cause may sit, in the order to look"),
        optional("mitigate", Takes::List(&Takes::Line(SENTENCE)), "what ends it for good"),
        optional("restore", Takes::List(&Takes::Line(SENTENCE)), "what must hold before the containment is taken back"),
        optional("evidence", Takes::List(&Takes::Table(&EVIDENCE)), "what speaks for the symptom"),
        required("step", Takes::Named(&STEP), "the tree"),
        optional("test", Takes::List(&Takes::Table(&TEST)), "cases that must keep working"),
    ],
};

pub(super) static SEVERITY: Shape = Shape {
    about: "The severity to propose.",
    keys: &[
        required("level", Takes::Word(levels), "P1 to P4"),
        required("why", Takes::Line(SENTENCE), "why, one sentence"),
        optional("raise", Takes::List(&Takes::Table(&RAISE)), "when to propose a higher one"),
    ],
};

pub(super) static RAISE: Shape = Shape {
    about: "A reason to propose a higher severity.",
    keys: &[
        required("level", Takes::Word(levels), "P1 to P4"),
        required("when", Takes::Text, "one comparison"),
        required("why", Takes::Line(SENTENCE), "why, one sentence"),
    ],
};

pub(super) static DIAGNOSE: Shape = Shape {
    about: "One layer to look at once the harm is contained.",
    keys: &[
        required("layer", Takes::Word(layers), "which"),
        required("ask", Takes::Line(TITLE), "the question to settle there"),
        optional("look", Takes::List(&Takes::Table(&LOOK)), "what to look at"),
    ],
};

pub(super) static EVIDENCE: Shape = Shape {
    about: "One weighted piece of evidence.",
    keys: &[
        required("when", Takes::Text, "one comparison, for example 'ratio(\"latency_p99\") > 2'"),
        required("weight", Takes::Number, "how much it counts, above 0, at most 100"),
        required("say", Takes::Line(TITLE), "what is seen when it is true, for people"),
        optional("harm", Takes::YesNo, "true: this piece alone shows that people are harmed"),
        optional("circumstance", Takes::YesNo, "true: it counts beside other evidence, and alone shows nothing"),
        optional(
            "decisive",
            Takes::YesNo,
            "true: one of these must hold before the symptom comes before those it beats",
        ),
    ],
};

pub(super) static STEP: Shape = Shape {
    about: "A step: a question (ask), a containment (contain) or a watch (watch).",
    keys: &[
        optional("ask", Takes::Line(TITLE), "the question"),
        optional("evidence", Takes::Table(&LISTS), "ask: what suggests the answer yes"),
        optional("yes", NEXT, "ask: where yes leads"),
        optional("no", NEXT, "ask: where no leads"),
        optional("dont-know", NEXT, "ask: where to go if nobody knows"),
        optional("title", Takes::Line(TITLE), "contain: what to do, as an order"),
        optional(
            "contain",
            Takes::List(&Takes::Word(kinds)),
            "contain: kinds in order; the first that is ready is offered",
        ),
        optional("watch", Takes::Line(TITLE), "watch: what is watched"),
        optional("until", Takes::Table(&LISTS), "watch: what must hold"),
        optional("minutes", Takes::Whole, "watch: for how long it must hold"),
        optional("then", NEXT, "contain and watch: where to go afterwards"),
        optional("otherwise", NEXT, "watch: where to go if it did not hold"),
        optional(
            "reading",
            Takes::Number,
            "ask: a share of bad answers; a reading of samples that lies above it suggests yes, below it no",
        ),
        optional("know", Takes::Lines(TEXT), "what to know here, short sentences"),
        optional("look", Takes::List(&Takes::Table(&LOOK)), "what to look at"),
    ],
};

/// A step of this runbook by name, or a table that leaves it.
const NEXT: Takes = Takes::OneOf(&[Takes::Id, Takes::Table(&LEAVE)]);

static LEAVE: Shape = Shape {
    about: "Leaves this runbook: exactly one of these.",
    keys: &[
        optional("runbook", Takes::Id, "hands over to another runbook"),
        optional("end", Takes::Line(SENTENCE), "ends here, with the words of the hand-over"),
    ],
};

static LISTS: Shape = Shape { about: "Comparisons under three words.", keys: &[ALL, ANY, NONE] };

static LOOK: Shape = Shape {
    about: "Something to look at: a title and exactly one of query, link, command.",
    keys: &[
        required("title", Takes::Line(TITLE), "what it shows"),
        optional("query", Takes::Lines(TEXT), "a query for the metrics store"),
        optional("link", Takes::Line(SENTENCE), "a page: https://…, or a file by its path from this one"),
        optional("command", Takes::Lines(TEXT), "a command to copy; it is never run by breakglass"),
    ],
};

pub(super) fn kinds() -> Vec<&'static str> {
    ActionKind::ALL.iter().map(|kind| kind.word()).collect()
}

fn harms() -> Vec<&'static str> {
    vec!["leak", "irreversible"]
}

fn rules() -> Vec<&'static str> {
    Rule::ALL.iter().map(|rule| rule.word()).collect()
}

fn layers() -> Vec<&'static str> {
    vec!["changes", "inputs", "retrieval", "data", "provider", "agent"]
}

pub(in crate::config) fn levels() -> Vec<&'static str> {
    vec!["P1", "P2", "P3", "P4"]
}

/// The harm of that word.
pub(super) fn harm(word: &str) -> Harm {
    match word {
        "leak" => Harm::Leak,
        "irreversible" => Harm::Irreversible,
        _ => Harm::None,
    }
}
