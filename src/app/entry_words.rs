//! A journal entry in words: what kind it is and what it says, for timelines. May not decide what is journaled.

use crate::domain::entry::Happening;
use crate::domain::freeze;
use crate::domain::run::RunMove;

/// False for housekeeping that would bury the story.
#[must_use]
pub const fn is_shown(what: &Happening) -> bool {
    !matches!(
        what,
        Happening::SessionStarted { .. }
            | Happening::SessionEnded { .. }
            | Happening::WalkBegan { .. }
            | Happening::Tagged { .. }
            | Happening::RunMoved { by: RunMove::Send, .. }
    )
}

/// The kind in one word, and the sentence.
#[must_use]
pub fn words(what: &Happening) -> (&'static str, String) {
    match what {
        Happening::SessionStarted { version, service, environment } => {
            ("session", format!("cockpit {version} on {service} in {environment}"))
        }
        Happening::SessionEnded { containments: 0 } => ("session", "left".to_owned()),
        Happening::SessionEnded { containments } => ("session", format!("left with {containments} contained")),
        Happening::IncidentOpened { title, severity: Some(level), why } => {
            ("opened", format!("{level} proposed: {}{}", title.trim_end_matches('.'), because(why)))
        }
        Happening::IncidentOpened { title, severity: None, why } => {
            ("opened", format!("{}{}", title.trim_end_matches('.'), because(why)))
        }
        Happening::Severity { level, why } => ("severity", format!("{level}{}", because(why))),
        Happening::IncidentClosed { why } => ("closed", why.clone()),
        Happening::Note { text } => ("note", text.clone()),
        Happening::WalkBegan { runbook, version, digest } => {
            ("walk", format!("{runbook} begun, version {version} ({digest})"))
        }
        Happening::Answered { step, answer, why, .. } => ("answer", format!("{step}: {answer}{}", because(why))),
        Happening::Jumped { from, to, why, .. } => ("answer", format!("{from}: jumped to {to}{}", because(why))),
        Happening::Characterised { part, text } => ("known", format!("{}: {text}", part.word())),
        Happening::Tagged { sample, tag: Some(tag), .. } => ("read", format!("sample {sample}: {tag}")),
        Happening::Tagged { sample, tag: None, .. } => ("read", format!("sample {sample}: taken back")),
        Happening::Replayed(outcome) => ("replay", outcome.words()),
        Happening::ContainmentDeclined { why } => ("declined", format!("does not contain now{}", because(why))),
        Happening::Previewed { action, now, after, .. } => ("preview", format!("{action}: {now} → {after}")),
        Happening::Confirmed { action, how, .. } => ("confirmed", format!("{action}{}", because(how))),
        Happening::PlanVoid { action, why, .. } => ("void", format!("{action}{}", because(why))),
        Happening::Refused { action, why } => ("refused", format!("{action}{}", because(why))),
        Happening::DryRun { action, why, .. } => {
            ("dry run", format!("{action}: {}", why.trim_start_matches("dry run: ")))
        }
        Happening::Intended(intent) => {
            // The title of an undo says so itself.
            ("intent", format!("{}: {} → {}", intent.title, intent.prior.setting, intent.after))
        }
        Happening::RunMoved { by: RunMove::Send, why, .. } if why.is_empty() => {
            ("sent", "the request is on the wire".to_owned())
        }
        Happening::RunMoved { by, why, .. } => (move_word(*by), why.clone()),
        Happening::ModeChanged { to, why } => ("mode", format!("{to}{}", because(why))),
        Happening::Recovery { held: true, why, .. } => ("recovered", why.clone()),
        Happening::Recovery { held: false, why, .. } => ("no effect", format!("did not recover{}", because(why))),
        Happening::ApprovalAsked(asking) => {
            let short = asking.digest.short();
            ("asks", format!("{} → {} of {}: approve or deny {short}", asking.now, asking.after, asking.lever))
        }
        Happening::Approved { digest, by } => ("approved", format!("{} by {by}", digest.short())),
        Happening::Denied { digest, by, why } => ("denied", format!("{} by {by}{}", digest.short(), because(why))),
        Happening::BreakGlass(glass) => {
            ("GLASS", format!("BREAK GLASS by {}: {}, {}", glass.by, glass.title, glass.why))
        }
        Happening::Reviewed { digest, by, why } => {
            ("reviewed", format!("break glass {} by {by}{}", digest.short(), because(why)))
        }
        Happening::Unfrozen { why } => ("unfrozen", why.clone()),
        Happening::OutsideChange(change) => ("OUTSIDE", format!("{}: {}", change.meaning(), change.words())),
        Happening::WatchBegan { lever, .. } => ("watch", format!("{lever}: all is well, the watch begins")),
        Happening::WatchBroken { lever, why } => ("watch", format!("{lever}: begins anew{}", because(why))),
        Happening::GateOverridden { lever, reason, missing, .. } => {
            let only_frozen = missing.iter().all(|line| line.starts_with(freeze::NAME));
            let past = if only_frozen { "the change freeze" } else { "the restore gate" };
            ("OVERRIDE", format!("{lever} past {past}: {reason} ({})", missing.join("; ")))
        }
        Happening::ReleaseEnded { lever, percent, why, back: true } => {
            ("ABORT", format!("release of {lever} aborted at {percent} %, back to contained: {why}"))
        }
        Happening::ReleaseEnded { lever, percent, why, back: false } => {
            ("STOPPED", format!("release of {lever} stopped at {percent} % and NOT contained again: {why}"))
        }
        Happening::SuiteRan(outcome) => ("suite", format!("{}: {}", outcome.suite, outcome.words())),
        Happening::VersionsTaken(taken) => ("versions", format!("before the first change: {}", taken.words())),
        Happening::Foreign { what } => ("foreign", format!("an entry this build cannot read: {what}")),
        Happening::Imported { segment, count: 1 } => ("imported", format!("1 entry from {segment}")),
        Happening::Imported { segment, count } => ("imported", format!("{count} entries from {segment}")),
    }
}

/// What a move of a run means, in one word.
#[must_use]
pub const fn move_word(by: RunMove) -> &'static str {
    match by {
        RunMove::Send => "sent",
        RunMove::Acknowledge => "acknowledged",
        RunMove::Reject => "rejected",
        RunMove::FailToSend | RunMove::SeeUnchanged => "not sent",
        RunMove::LoseSight => "unknown",
        RunMove::SeeStored => "read back",
        RunMove::SeeOther => "superseded",
        RunMove::SeeEffect => "verified",
        RunMove::MissDeadline => "stuck",
        RunMove::Undo => "undone",
    }
}

fn because(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(", {why}") }
}
