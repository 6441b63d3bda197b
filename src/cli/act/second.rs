//! Tier three on the command line: asks for a second person's approval, or takes recorded break glass. May not fire.

use crate::cli::args::Confirm;
use crate::cli::exit::Exit;
use crate::cli::json::second;
use crate::cli::out::Failure;
use crate::clock;
use crate::domain::approval::{Approval, Asking, BreakGlass, NotGranted};
use crate::domain::entry::Happening;
use crate::domain::permit::{Mode, Refusal};
use crate::domain::plan::{Answer, NotConfirmed, Plan};
use crate::engine::Core;

/// What the second person types.
pub fn command(plan: &Plan) -> String {
    format!("breakglass approve {}", plan.digest.short())
}

/// What to do when an approval is missing.
pub fn how(plan: &Plan) -> String {
    let word = BreakGlass::word(&plan.environment);
    format!(
        "a second person runs `{}`; then run this again. If nobody can be reached: --break-glass {word:?} --why WORDS",
        command(plan)
    )
}

/// The approval that stands in the journal, or the break glass that is recorded now. Without either the plan is put up
/// for approval, which needs the typed word already: whoever asks has read it.
pub async fn approval(core: &Core, plan: &Plan, answer: &Answer, confirm: &Confirm) -> Result<Approval, Failure> {
    if core.mode() == Mode::ReadOnly {
        return Err(Failure::new(format!("refused: {}", Refusal::ReadOnly), "nothing was sent").with(Exit::Refused));
    }
    if let Some(check) = plan.blocked_by() {
        let why = format!("not fired: blocked: {}: {}", check.name, check.why);
        return Err(Failure::new(why, "look at a fresh preview").with(Exit::Refused));
    }
    if !plan.is_typed(answer.typed.as_deref().unwrap_or_default()) {
        if plan.is_shut() {
            let why = NotConfirmed::NotTyped(plan.typed_word());
            return Err(super::not_confirmed(plan, &why, answer.typed.as_deref()));
        }
        let hint = format!("add --type {:?}", plan.typed_word());
        return Err(Failure::new("not fired: the word is missing", hint).with(Exit::ApprovalMissing));
    }
    let (me, now, policy) = (core.me(), clock::now(), core.config.catalogue.policy);
    let missing = match core.book.account().await.ledger.approval(&plan.digest, &me, None, now) {
        Ok(approval) => return Ok(approval),
        Err(denied @ NotGranted::Denied { .. }) => {
            let hint = "a denial ends it; talk to them, and change the plan or wait for its time to end";
            return Err(Failure::new(format!("not fired: {denied}"), hint).with(Exit::Refused));
        }
        Err(missing) => missing,
    };
    if let Some(word) = &confirm.break_glass {
        let why = crate::domain::text::clean(confirm.why.as_deref().unwrap_or_default());
        let glass = BreakGlass::of(plan, word, &why, &me, policy, now).map_err(|why| {
            Failure::new(format!("not fired: {why}"), "break glass is for when nobody can be reached")
                .with(Exit::ApprovalMissing)
        })?;
        let approval = glass.approval(&me);
        core.book.record(Happening::BreakGlass(Box::new(glass))).await;
        return Ok(approval);
    }
    let until = match &missing {
        NotGranted::Waiting => core.book.ledger().requests.get(&plan.digest).map(|record| record.asking.until),
        NotGranted::NotAsked | NotGranted::Expired | NotGranted::Used(_) => {
            let until = policy.until(now);
            let asking = Asking::of(plan, &me.name, until);
            core.book.record(Happening::ApprovalAsked(Box::new(asking))).await;
            Some(until)
        }
        NotGranted::Denied { .. } | NotGranted::OwnApproval(_) => None,
    };
    core.book.journal().close().await;
    let words = match until {
        Some(until) => format!("not fired: a second person's approval is missing; asked until {}", second(until)),
        None => format!("not fired: {missing}"),
    };
    Err(Failure::new(words, how(plan)).with(Exit::ApprovalMissing))
}
