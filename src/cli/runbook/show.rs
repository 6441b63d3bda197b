//! `runbook show`: a runbook as text for a tired reader. Steps are numbered in the order in which they are met; where an
//! answer leads is said by number and title. May not judge evidence.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::evidence::Evidence;
use crate::domain::ids::{StepId, SymptomId};
use crate::domain::runbook::{Look, LookAt, Next, Runbook, Step, StepBody};

/// Columns that are filled at most.
const WIDTH: usize = 96;

/// The whole runbook.
pub(super) fn text(runbook: &Runbook, others: &BTreeMap<SymptomId, Arc<Runbook>>) -> String {
    let mut text = format!("{}  ({}, v{})\n", runbook.title, runbook.id, runbook.version);
    let origin = &runbook.origin;
    let from = if origin.shipped { "shipped" } else { origin.file.as_str() };
    let drilled = origin.drilled.map_or("never drilled".to_owned(), |day| format!("drilled {day}"));
    let _ = writeln!(text, "{from} · owner {} · {drilled}\n", runbook.owner);
    fold(&mut text, "", &runbook.hypothesis);
    fold(&mut text, "", &format!("{}: {}", runbook.severity, runbook.severity_why));
    let kinds = |kinds: &[crate::domain::action::ActionKind]| {
        kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ")
    };
    fold(&mut text, "", &format!("Contain with: {}", kinds(&runbook.contain)));
    if !runbook.never.is_empty() {
        fold(&mut text, "", &format!("Never: {}", kinds(&runbook.never)));
    }
    let order = in_order(runbook);
    for (at, step) in order.iter().enumerate() {
        let _ = writeln!(text);
        tell(&mut text, at + 1, step, &order, others);
    }
    for (heading, lines) in [
        ("Verify", &runbook.care.verify),
        ("Mitigate", &runbook.care.mitigate),
        ("Before taking it back", &runbook.care.restore),
    ] {
        if !lines.is_empty() {
            let _ = writeln!(text, "\n{heading}");
            for line in lines {
                fold(&mut text, "  - ", line);
            }
        }
    }
    if !runbook.care.diagnose.is_empty() {
        let _ = writeln!(text, "\nDiagnose");
        for layer in &runbook.care.diagnose {
            fold(&mut text, "  - ", &format!("{}: {}", layer.layer, layer.ask));
            for one in &layer.look {
                look(&mut text, one);
            }
        }
    }
    text.trim_end().to_owned()
}

fn tell(text: &mut String, number: usize, step: &Step, order: &[&Step], others: &BTreeMap<SymptomId, Arc<Runbook>>) {
    let leads = |next: &Next| match next {
        Next::Step(id) => {
            let at = order.iter().position(|step| step.id == *id).map_or(0, |at| at + 1);
            let title = order.iter().find(|step| step.id == *id).map_or(id.as_str(), |step| &step.title);
            format!("{at} {title}")
        }
        Next::Runbook(id) => format!("runbook {}", others.get(id).map_or(id.as_str(), |other| &other.title)),
        Next::End(words) => format!("END {words}"),
    };
    let mark = match &step.body {
        StepBody::Ask { .. } => "",
        StepBody::Contain { .. } => "CONTAIN: ",
        StepBody::Watch { .. } => "WATCH: ",
    };
    fold(text, &format!("{number:>2}  "), &format!("{mark}{}", step.title));
    for line in step.know.lines() {
        fold(text, "      ", line);
    }
    for one in &step.look {
        look(text, one);
    }
    match &step.body {
        StepBody::Ask { evidence, yes, no, dont_know } => {
            judged(text, "yes if", evidence);
            for (word, next) in [("yes", yes), ("no", no), ("don't know", dont_know)] {
                fold(text, &format!("      {word:<10} → "), &leads(next));
            }
        }
        StepBody::Contain { kinds, then } => {
            let kinds = kinds.iter().map(|kind| format!("{} ({})", kind.title(), kind.word())).collect::<Vec<_>>();
            fold(text, "      first ready of: ", &kinds.join("; "));
            fold(text, "      then       → ", &leads(then));
        }
        StepBody::Watch { until, minutes, then, otherwise } => {
            judged(text, &format!("for {minutes} min"), until);
            fold(text, "      held       → ", &leads(then));
            fold(text, "      otherwise  → ", &leads(otherwise));
        }
    }
}

/// Comparisons as they are written.
fn judged(text: &mut String, lead: &str, evidence: &Evidence) {
    for (word, list) in [("all of", &evidence.all), ("any of", &evidence.any), ("none of", &evidence.none)] {
        if !list.is_empty() {
            let parts = list.iter().map(|one| one.text().to_owned()).collect::<Vec<_>>().join("   ");
            fold(text, &format!("      {lead} {word}: "), &parts);
        }
    }
}

fn look(text: &mut String, look: &Look) {
    let what = match &look.what {
        LookAt::Query(what) | LookAt::Link(what) | LookAt::Command(what) => what,
    };
    fold(text, "      look: ", &look.title);
    // To be copied: never folded.
    let _ = writeln!(text, "        {what}");
}

/// The steps in the order in which a walk can meet them first.
pub(super) fn in_order(runbook: &Runbook) -> Vec<&Step> {
    let mut order: Vec<&Step> = Vec::new();
    let mut open: Vec<&StepId> = vec![&runbook.start];
    while let Some(id) = open.pop() {
        if order.iter().any(|step| step.id == *id) {
            continue;
        }
        let Some(step) = runbook.step(id) else { continue };
        order.push(step);
        for next in nexts(&step.body).into_iter().rev().map(|(_, next)| next) {
            if let Next::Step(to) = next {
                open.push(to);
            }
        }
    }
    order
}

/// Where a step leads, each with the word of the answer.
pub(super) fn nexts(body: &StepBody) -> Vec<(&'static str, &Next)> {
    match body {
        StepBody::Ask { yes, no, dont_know, .. } => vec![("yes", yes), ("no", no), ("don't know", dont_know)],
        StepBody::Contain { then, .. } => vec![("then", then)],
        StepBody::Watch { then, otherwise, .. } => vec![("held", then), ("otherwise", otherwise)],
    }
}

/// Writes words behind a lead, folded between words; further lines stand below the first word.
fn fold(text: &mut String, lead: &str, words: &str) {
    let indent = lead.chars().count();
    let mut line = lead.to_owned();
    let mut used = indent;
    for word in words.split(' ') {
        let long = word.chars().count();
        if used > indent && used + 1 + long > WIDTH {
            let _ = writeln!(text, "{}", line.trim_end());
            line = " ".repeat(indent);
            used = indent;
        }
        if used > indent {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += long;
    }
    let _ = writeln!(text, "{}", line.trim_end());
}
