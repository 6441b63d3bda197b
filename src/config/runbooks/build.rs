//! One runbook file → one runbook. May not know other files beyond their ids.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::domain::action::ActionKind;
use crate::domain::evidence::Names;
use crate::domain::ids::SymptomId;
use crate::domain::runbook::{Harm, Look, LookAt, Origin, Rule, Runbook, Weighted};
use crate::domain::text;

use super::super::evidence::comparison;
use super::super::source::Sink;
use super::super::suggest;
use super::super::view::{At, View, gathered};
use super::{RunbookFile, care, format, graph, steps};

/// The version of the runbook format that this program reads.
const SCHEMA: u64 = 1;
/// Weights are compared with each other: beyond this one piece silences every other, and sums say nothing.
const MOST_WEIGHT: f64 = 100.0;
const DEFAULT_STOP: Duration = Duration::from_mins(15);

/// The runbook, or `None` if something that it cannot do without is wrong; what is wrong is in the sink.
pub(super) fn runbook(
    root: &View<'_>,
    file: &RunbookFile,
    names: &Names,
    known: &BTreeSet<&SymptomId>,
    sink: &mut Sink<'_>,
) -> Option<Runbook> {
    check_schema(root, sink);
    let id = root.parsed::<SymptomId>("id");
    if let Some(id) = id.as_ref().filter(|id| id.is.as_str().contains(['/', ':'])) {
        let hint = "use a-z, 0-9 and . _ - (1 to 64 characters, first a letter or digit): it is a file's name too";
        sink.error(&id.span, format!("`{}` cannot be the id of a runbook", id.is), hint);
    }
    let beats = beats(root, id.as_ref().map(|id| &id.is), known, sink);
    let pieces = root.tables("evidence");
    let evidence = gathered(pieces.len(), pieces.iter().filter_map(|piece| weighted(piece, names, sink)));
    let rule = root.text("rule").and_then(|word| Rule::ALL.into_iter().find(|rule| rule.word() == word.is));
    evidence_agrees(root, rule, sink);
    shows_something(root, &evidence, sink);
    let harm = root.text("harm").map_or(Harm::None, |word| format::harm(word.is));
    harm_agrees(root, harm, &evidence, sink);
    let contain = kinds(root, "contain");
    let never = kinds(root, "never");
    if let Some(both) = root.texts("never").iter().find(|word| root.texts("contain").iter().any(|c| c.is == word.is)) {
        sink.error(
            &both.span,
            format!("`{}` is offered and forbidden", both.is),
            "remove it from contain or from never",
        );
    }
    let steps = steps::build(root, names, known, sink);
    steps::check_forbidden(root, &never, sink);
    graph::check(root, &steps, sink);
    let severity = root.table("severity")?;
    let mut runbook = Runbook {
        id: id?.is,
        title: root.words("title")?,
        hypothesis: root.words("hypothesis")?,
        version: u32::try_from(root.whole("version")?.is).ok()?,
        owner: root.words("owner")?,
        severity: severity.words("level")?,
        severity_why: severity.words("why")?,
        harm,
        beats,
        evidence,
        contain,
        never,
        start: root.parsed("start")?.is,
        steps,
        stop_after: root.duration("stop-after").map_or(DEFAULT_STOP, |at| at.is),
        tags: care::texts(root, "tags"),
        raises: care::raises(&severity, names, sink),
        rule,
        care: care::of(root, sink),
        origin: origin(root, file),
    };
    let in_steps = runbook.steps.iter_mut().flat_map(|step| &mut step.look);
    links_from(file, in_steps.chain(runbook.care.diagnose.iter_mut().flat_map(|layer| &mut layer.look)));
    Some(runbook)
}

/// The format is one that this program reads.
pub(super) fn check_schema(root: &View<'_>, sink: &mut Sink<'_>) {
    if let Some(schema) = root.whole("schema").filter(|schema| schema.is != SCHEMA) {
        let message = format!("schema {} is not known; this program reads {SCHEMA}", schema.is);
        sink.error(&schema.span, message, "write schema = 1, or use a newer breakglass");
    }
}

/// Where the runbook comes from.
pub(super) fn origin(root: &View<'_>, file: &RunbookFile) -> Origin {
    Origin {
        file: text::clean(&file.name),
        shipped: file.layer == 0,
        extends: false,
        digest: digest(&[&file.text]),
        drilled: root.day("drilled").map(|at| at.is),
    }
}

/// SHA-256 of texts in hex.
pub(in crate::config) fn digest(texts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(text.as_bytes());
    }
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Links to files are written as seen from the runbook, and shown as seen from where the program was started.
pub(super) fn links_from<'a>(file: &RunbookFile, looks: impl Iterator<Item = &'a mut Look>) {
    let home = Path::new(&file.name).parent().unwrap_or(Path::new(""));
    for look in looks {
        if let Look { what: LookAt::Link(link), .. } = look
            && !steps::is_address(link)
        {
            *link = home.join(&*link).display().to_string();
        }
    }
}

/// A symptom ranks by its evidence; a rule has none.
fn evidence_agrees(root: &View<'_>, rule: Option<Rule>, sink: &mut Sink<'_>) {
    let some = root.has_items("evidence");
    match rule {
        None if !some => {
            let message = "a symptom without evidence can never rank";
            sink.error(&root.key_span("evidence"), message, "add [[evidence]] blocks");
        }
        Some(_) if some => {
            let message = "evidence in the runbook of a cross-cutting rule, which never ranks";
            sink.error(&root.key_span("evidence"), message, "remove it, or remove rule");
        }
        None | Some(_) => {}
    }
}

/// Circumstances count beside other evidence: a symptom that has nothing else is never listed, whatever is measured.
fn shows_something(root: &View<'_>, evidence: &[Weighted], sink: &mut Sink<'_>) {
    let circumstance = |piece: &Weighted| piece.circumstance || piece.when.change_kind().is_some();
    let tables = root.tables("evidence");
    // A piece that could not be read might have been what shows it.
    if evidence.is_empty() || evidence.len() < tables.len() || !evidence.iter().all(circumstance) {
        return;
    }
    let message = "every piece of evidence is a circumstance, so the symptom can never be listed";
    let hint = "add [[evidence]] that shows it alone, or take circumstance = true off one; a change is always one";
    let place = tables.first().map_or_else(
        || root.key_span("evidence"),
        |piece| {
            let key = if piece.has("circumstance") { "circumstance" } else { "when" };
            piece.key_span(key)
        },
    );
    sink.error(&place, message, hint);
}

pub(super) fn beats(
    root: &View<'_>,
    own: Option<&SymptomId>,
    known: &BTreeSet<&SymptomId>,
    sink: &mut Sink<'_>,
) -> Vec<SymptomId> {
    let mut found = Vec::new();
    for name in root.texts("beats") {
        if own.is_some_and(|own| own.as_str() == name.is) {
            sink.error(&name.span, "a symptom cannot beat itself", "name the more general symptom");
        } else if let Some(id) = symptom(&name, known, sink) {
            if found.contains(&id) {
                sink.warn(&name.span, format!("`{id}` stands twice in beats"), "remove one of the two");
                continue;
            }
            found.push(id);
        }
    }
    found
}

/// The symptom of that name; reports one that no file declares.
pub(super) fn symptom(name: &At<&str>, known: &BTreeSet<&SymptomId>, sink: &mut Sink<'_>) -> Option<SymptomId> {
    let id = name.is.parse::<SymptomId>().ok()?;
    if known.contains(&id) {
        return Some(id);
    }
    let hint = suggest::hint(name.is, known.iter().map(|id| id.as_str()));
    sink.error(&name.span, format!("no runbook is named `{}`", name.is), hint);
    None
}

pub(super) fn weighted(piece: &View<'_>, names: &Names, sink: &mut Sink<'_>) -> Option<Weighted> {
    let weight = piece.number("weight");
    if let Some(weight) = weight.as_ref().filter(|weight| weight.is <= 0.0) {
        sink.error(&weight.span, "a weight of nothing", "write a number above 0; evidence against follows from false");
    }
    if let Some(weight) = weight.as_ref().filter(|weight| weight.is > MOST_WEIGHT) {
        let hint = format!("write at most {MOST_WEIGHT}; 1 to 5 is usual, since weights are compared with each other");
        sink.error(&weight.span, "a weight that silences every other piece of evidence", hint);
    }
    let when = piece.text("when").and_then(|text| comparison(&text, names, sink));
    Some(Weighted {
        when: when?,
        weight: weight?.is,
        say: piece.words("say")?,
        harm: piece.yes_no("harm").is_some_and(|at| at.is),
        decisive: piece.yes_no("decisive").is_some_and(|at| at.is),
        circumstance: piece.yes_no("circumstance").is_some_and(|at| at.is),
    })
}

fn harm_agrees(root: &View<'_>, harm: Harm, evidence: &[Weighted], sink: &mut Sink<'_>) {
    let marked = evidence.iter().any(|piece| piece.harm);
    if harm != Harm::None && !marked {
        let hint = "add harm = true to the evidence that alone shows it";
        sink.error(&root.key_span("harm"), "no evidence shows the harm, so it would never count", hint);
    }
    if harm == Harm::None
        && let Some(piece) = root.tables("evidence").iter().find(|piece| piece.yes_no("harm").is_some_and(|at| at.is))
    {
        let hint = "add harm = \"leak\" or harm = \"irreversible\" at the top";
        sink.error(&piece.key_span("harm"), "evidence of harm in a runbook that declares none", hint);
    }
}

/// Kinds under a key; words that are no kind were reported by the shape.
pub(super) fn kinds(view: &View<'_>, key: &str) -> Vec<ActionKind> {
    view.texts(key).into_iter().filter_map(|word| word.is.parse().ok()).collect()
}
