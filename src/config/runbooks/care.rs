//! What a runbook says beyond its tree: reasons for a higher severity, scope, verification, diagnosis, mitigation,
//! restore. May not know steps.

use crate::domain::evidence::Names;
use crate::domain::runbook::{Care, Diagnosis, Raise};
use crate::domain::text;

use super::super::evidence::comparison;
use super::super::source::Sink;
use super::super::view::View;
use super::steps;

/// The texts of a list, cleaned for the terminal.
pub(super) fn texts(view: &View<'_>, key: &str) -> Vec<String> {
    view.texts(key).into_iter().map(|at| text::clean(at.is)).collect()
}

/// Everything about the time after the containment.
pub(super) fn of(root: &View<'_>, sink: &mut Sink<'_>) -> Care {
    Care {
        scope: root.words("scope").unwrap_or_default(),
        verify: texts(root, "verify"),
        diagnose: root.tables("diagnose").iter().filter_map(|view| diagnosis(view, sink)).collect(),
        mitigate: texts(root, "mitigate"),
        restore: texts(root, "restore"),
    }
}

pub(super) fn diagnosis(view: &View<'_>, sink: &mut Sink<'_>) -> Option<Diagnosis> {
    Some(Diagnosis { layer: view.words("layer")?, ask: view.words("ask")?, look: steps::looks(view, sink) })
}

/// Reasons for a higher severity; one that is not higher would never count.
pub(super) fn raises(severity: &View<'_>, names: &Names, sink: &mut Sink<'_>) -> Vec<Raise> {
    let own = severity.text("level").map_or("P4", |level| level.is);
    let mut found = Vec::new();
    for view in severity.tables("raise") {
        let level = view.text("level");
        if let Some(level) = level.as_ref().filter(|level| level.is >= own) {
            let message = format!("{} is not higher than {own}", level.is);
            sink.error(&level.span, message, "P1 is the highest");
        }
        let when = view.text("when").and_then(|text| comparison(&text, names, sink));
        if let (Some(level), Some(when), Some(why)) = (level, when, view.words("why")) {
            found.push(Raise { level: level.is.to_owned(), when, why });
        }
    }
    found
}
