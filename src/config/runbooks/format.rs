//! The keys of a runbook file. May not read values.

use crate::domain::action::ActionKind;
use crate::domain::runbook::Harm;

use super::super::evidence::{ALL, ANY, NONE};
use super::super::runbook_tests::TEST;
use super::super::shape::{Shape, Takes, optional, required};

pub(in crate::config) static RUNBOOK: Shape = Shape {
    about: "A symptom and the decision tree for it.",
    keys: &[
        required("schema", Takes::Whole, "version of this format: 1"),
        required("id", Takes::Id, "the symptom; the same id in a team's directory replaces the shipped runbook"),
        required("title", Takes::Text, "the symptom in a few words"),
        required("hypothesis", Takes::Text, "what is probably going on, one or two sentences"),
        required("version", Takes::Whole, "goes up with every change of this file"),
        required("owner", Takes::Text, "who keeps it"),
        required("severity", Takes::Table(&SEVERITY), "the severity to propose"),
        optional("harm", Takes::Word(harms), "people are harmed: ranks before everything else"),
        optional("beats", Takes::List(&Takes::Id), "more general symptoms that stand behind this one"),
        required("contain", Takes::List(&Takes::Word(kinds)), "kinds of action to offer, best first"),
        optional("never", Takes::List(&Takes::Word(kinds)), "kinds that make it worse"),
        required("start", Takes::Id, "the first step"),
        optional("stop-after", Takes::Duration, "after this, contain first and dig later; default 15m"),
        optional("tags", Takes::List(&Takes::Text), "for filters"),
        required("evidence", Takes::List(&Takes::Table(&EVIDENCE)), "what speaks for the symptom"),
        required("step", Takes::Named(&STEP), "the tree"),
        optional("test", Takes::List(&Takes::Table(&TEST)), "cases that must keep working"),
    ],
};

static SEVERITY: Shape = Shape {
    about: "The severity to propose.",
    keys: &[required("level", Takes::Word(levels), "P1 to P4"), required("why", Takes::Text, "why, one sentence")],
};

static EVIDENCE: Shape = Shape {
    about: "One weighted piece of evidence.",
    keys: &[
        required("when", Takes::Text, "one comparison, for example 'ratio(\"latency_p99\") > 2'"),
        required("weight", Takes::Number, "how much it counts, above 0"),
        required("say", Takes::Text, "what is seen when it is true, for people"),
        optional("harm", Takes::YesNo, "true: this piece alone shows that people are harmed"),
    ],
};

static STEP: Shape = Shape {
    about: "A step: a question (ask), a containment (contain) or a watch (watch).",
    keys: &[
        optional("ask", Takes::Text, "the question"),
        optional("evidence", Takes::Table(&LISTS), "ask: what suggests the answer yes"),
        optional("yes", NEXT, "ask: where yes leads"),
        optional("no", NEXT, "ask: where no leads"),
        optional("dont-know", NEXT, "ask: where to go if nobody knows"),
        optional("title", Takes::Text, "contain: what to do, as an order"),
        optional(
            "contain",
            Takes::List(&Takes::Word(kinds)),
            "contain: kinds in order; the first that is ready is offered",
        ),
        optional("watch", Takes::Text, "watch: what is watched"),
        optional("until", Takes::Table(&LISTS), "watch: what must hold"),
        optional("minutes", Takes::Whole, "watch: for how long it must hold"),
        optional("then", NEXT, "contain and watch: where to go afterwards"),
        optional("otherwise", NEXT, "watch: where to go if it did not hold"),
        optional("know", Takes::Text, "what to know here, short sentences"),
        optional("look", Takes::List(&Takes::Table(&LOOK)), "what to look at"),
    ],
};

/// A step of this runbook by name, or a table that leaves it.
const NEXT: Takes = Takes::OneOf(&[Takes::Id, Takes::Table(&LEAVE)]);

static LEAVE: Shape = Shape {
    about: "Leaves this runbook: exactly one of these.",
    keys: &[
        optional("runbook", Takes::Id, "hands over to another runbook"),
        optional("end", Takes::Text, "ends here, with the words of the hand-over"),
    ],
};

static LISTS: Shape = Shape { about: "Comparisons under three words.", keys: &[ALL, ANY, NONE] };

static LOOK: Shape = Shape {
    about: "Something to look at: a title and exactly one of query, link, command.",
    keys: &[
        required("title", Takes::Text, "what it shows"),
        optional("query", Takes::Text, "a query for the metrics store"),
        optional("link", Takes::Text, "a page, https"),
        optional("command", Takes::Text, "a command to copy; it is never run by breakglass"),
    ],
};

fn kinds() -> Vec<&'static str> {
    ActionKind::ALL.iter().map(|kind| kind.word()).collect()
}

fn harms() -> Vec<&'static str> {
    vec!["leak", "irreversible"]
}

fn levels() -> Vec<&'static str> {
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
