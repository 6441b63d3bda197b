//! The checks that every lever adapter can make from one read. May not read anything itself.

use crate::domain::cause::Fault;
use crate::domain::plan::{Check, CheckStatus};

/// What reading a lever proves: that its store answers and that the lever is there.
pub(super) fn of_read(read: &Result<(), Fault>, target: &str) -> Vec<Check> {
    let check = |name: &str, status, why: String| Check { name: name.into(), status, why };
    match read {
        Ok(()) => vec![
            check("reachable", CheckStatus::Pass, "the store answers".into()),
            check("target exists", CheckStatus::Pass, target.to_owned()),
        ],
        Err(fault @ Fault::NotFound { .. }) => vec![
            check("reachable", CheckStatus::Pass, "the store answers".into()),
            check("target exists", CheckStatus::Fail, fault.to_string()),
        ],
        Err(fault @ (Fault::NotAllowed { .. } | Fault::MissingSecret { .. })) => {
            vec![check("token allowed", CheckStatus::Fail, fault.to_string())]
        }
        Err(fault) => vec![check("reachable", CheckStatus::Fail, fault.to_string())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_does_not_answer_never_passes() {
        for fault in [
            Fault::Refused { target: "127.0.0.1:1".into() },
            Fault::NotFound { what: "flag".into() },
            Fault::NotAllowed { status: 401, secret: None },
            Fault::NotUnderstood { why: "HTML".into() },
        ] {
            let checks = of_read(&Err(fault.clone()), "flag a in prod");
            assert!(checks.iter().any(|check| check.status == CheckStatus::Fail), "{fault}");
        }
    }
}
