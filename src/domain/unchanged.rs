//! Whether a version still is what it was: its text may be changed in a store that calls it immutable. May not read stores.

use jiff::{SignedDuration, Timestamp};

use super::ids::LeverId;
use super::incident::Ledger;
use super::lever::VersionInfo;
use super::plan::{Check, CheckStatus};
use super::version::{Found, Part};

/// The hash that a version had when it was first seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which version.
    pub version: String,
    /// First hex digits of the hash of its text.
    pub hash: String,
    /// When.
    pub at: Timestamp,
}

/// What was first seen within this time was seen now, as far as it shows anything.
const FIRST_SIGHT: SignedDuration = SignedDuration::from_mins(1);

/// What the journal's version snapshots say of the versions that this lever served.
#[must_use]
pub fn on_record(ledger: &Ledger, lever: &LeverId) -> Vec<Seen> {
    let lines = ledger.versions.values().flat_map(|taken| taken.lines.iter().map(move |line| (taken.at, line)));
    let mut seen: Vec<Seen> = lines
        .filter(|(_, line)| line.by == lever.as_str() && line.part != Part::ProviderLog)
        .filter_map(|(at, line)| match &line.found {
            Found::Known { value, hash: Some(hash), .. } => {
                Some(Seen { version: value.clone(), hash: hash.clone(), at })
            }
            _ => None,
        })
        .collect();
    seen.sort_by_key(|seen| seen.at);
    seen
}

/// Adds what was not seen before. The first sight counts: later ones are compared with it.
pub fn remember(seen: &mut Vec<Seen>, versions: &[VersionInfo], at: Timestamp) {
    for info in versions {
        let Some(hash) = &info.hash else { continue };
        if !seen.iter().any(|known| known.version == info.version) {
            seen.push(Seen { version: info.version.clone(), hash: hash.clone(), at });
        }
    }
}

/// Whether the version that a rollback would serve exists, and is what it was.
#[must_use]
pub fn check(version: &str, listed: &[VersionInfo], seen: &[Seen], now: Timestamp) -> Check {
    let name = format!("{version} exists");
    let Some(found) = listed.iter().find(|info| info.version == version) else {
        let status = if listed.is_empty() { CheckStatus::Unknown } else { CheckStatus::Fail };
        return Check { name, status, why: "the store does not list it".into() };
    };
    let Some(hash) = &found.hash else {
        return Check { name, status: CheckStatus::Pass, why: "listed by the store".into() };
    };
    match seen.iter().find(|known| known.version == version) {
        Some(known) if known.hash != *hash => Check {
            name: format!("{version} is unchanged"),
            status: CheckStatus::Fail,
            why: format!("its text is {hash} now and was {} at {}: not what was in service", known.hash, day(known.at)),
        },
        // What is looked at for the first time is compared with itself: that shows nothing.
        Some(known) if now.duration_since(known.at) < FIRST_SIGHT => {
            let why = format!("text {hash}, seen for the first time: there is nothing earlier to compare it with");
            Check { name, status: CheckStatus::Pass, why }
        }
        Some(known) => {
            Check { name, status: CheckStatus::Pass, why: format!("text {hash}, unchanged since {}", day(known.at)) }
        }
        None => Check { name, status: CheckStatus::Pass, why: format!("text {hash}") },
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%MZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(version: &str, hash: &str) -> VersionInfo {
        VersionInfo {
            version: version.into(),
            created_at: None,
            text: None,
            hash: (!hash.is_empty()).then(|| hash.to_owned()),
            note: None,
        }
    }

    #[test]
    fn a_version_whose_text_changed_is_refused_and_the_first_sight_counts() {
        let mut seen = Vec::new();
        remember(&mut seen, &[version("41", "aaaa"), version("40", "")], Timestamp::UNIX_EPOCH);
        let later = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(2);
        let now = check("41", &[version("41", "aaaa")], &seen, Timestamp::UNIX_EPOCH + SignedDuration::from_secs(3));
        assert!(now.why.contains("nothing earlier to compare"), "{}", now.why);
        let first = check("41", &[version("41", "aaaa")], &seen, later);
        assert_eq!(
            (first.status, first.why.as_str()),
            (CheckStatus::Pass, "text aaaa, unchanged since 1970-01-01 00:00Z")
        );
        let tampered = [version("41", "bbbb")];
        remember(&mut seen, &tampered, Timestamp::UNIX_EPOCH);
        let second = check("41", &tampered, &seen, later);
        assert_eq!(second.status, CheckStatus::Fail);
        assert!(second.why.contains("bbbb now and was aaaa"), "{}", second.why);
    }

    #[test]
    fn what_is_not_listed_fails_and_what_no_list_says_is_unknown() {
        let status = |of: &str, listed: &[VersionInfo]| check(of, listed, &[], Timestamp::UNIX_EPOCH).status;
        assert_eq!(status("41", &[version("42", "a")]), CheckStatus::Fail);
        assert_eq!(status("41", &[]), CheckStatus::Unknown);
        assert_eq!(status("40", &[version("40", "")]), CheckStatus::Pass);
    }
}
