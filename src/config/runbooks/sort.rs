//! Files in a directory of runbooks that are none: empty ones and configs. Told by eye, in one sentence, since a shape
//! would say of every key that it is unknown or missing. May not parse.

use std::ops::Range;

/// Tables that only configs have.
const OF_CONFIGS: [&str; 5] = ["[service]", "[endpoint.", "[signal.", "[lever.", "[action."];
/// What only runbooks have.
const OF_RUNBOOKS: [&str; 4] = ["[step.", "[[evidence]]", "[[test]]", "extends"];

/// True for a file without any key.
pub(in crate::config) fn is_empty(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}

/// Why a file is no runbook at all: the place, what it is, what to do.
pub(super) fn no_runbook(text: &str) -> Option<(Range<usize>, &'static str, &'static str)> {
    if is_empty(text) {
        let hint = "`breakglass runbook new ID` writes an example to start from; or remove the file";
        return Some((0..0, "an empty runbook file", hint));
    }
    let begins = |words: &[&str], line: &str| words.iter().any(|word| line.starts_with(word));
    let lines = || text.lines().map(str::trim_start);
    if lines().any(|line| begins(&OF_RUNBOOKS, line)) {
        return None;
    }
    let header = lines().find(|line| begins(&OF_CONFIGS, line))?;
    let at = text.find(header)?;
    let end = at + header.trim_end().len();
    Some((at..end, "a config, not a runbook", "keep configs outside the directories that `runbooks = […]` names"))
}

/// Why a file holds no readings at all: as [`no_runbook`]. Signals stand in configs and in readings.
pub(in crate::config) fn no_readings(text: &str) -> Option<(Range<usize>, &'static str, &'static str)> {
    let find = |words: &[&str]| {
        let mut lines = text.lines().map(str::trim);
        lines.find(|line| words.iter().any(|word| line.starts_with(word)))
    };
    let of_configs: Vec<&str> = OF_CONFIGS.into_iter().filter(|word| *word != "[signal.").collect();
    let (line, message, hint) = match (find(&of_configs), find(&OF_RUNBOOKS)) {
        (Some(line), _) => {
            let hint =
                "to ask its sources: `breakglass triage -c FILE`; readings say what was measured (docs/triage.md)";
            (line, "a config, not readings", hint)
        }
        (None, Some(line)) => {
            let hint = "`breakglass runbook show ID` shows it, `breakglass check FILE` runs its tests";
            (line, "a runbook, not readings", hint)
        }
        (None, None) => return None,
    };
    let at = text.find(line)?;
    Some((at..at + line.len(), message, hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configs_and_runbooks_in_place_of_readings_are_called_that() {
        let what = |text: &str| no_readings(text).map(|(place, message, _)| (place.start, message));
        assert_eq!(what("schema = 1\n[service]\nname = \"a\"\n"), Some((11, "a config, not readings")));
        assert_eq!(what("schema = 1\n[signal.a]\n[lever.b]\n"), Some((22, "a config, not readings")));
        assert_eq!(what("id = \"a\"\n[[evidence]]\n"), Some((9, "a runbook, not readings")));
        assert_eq!(what("at = 2026-11-23T03:26:00Z\n[signal.grounding]\nvalue = 1\n"), None);
    }

    #[test]
    fn empty_files_and_configs_are_told_from_runbooks() {
        let what = |text: &str| no_runbook(text).map(|(_, message, _)| message);
        for empty in ["", "\n\n", "\u{feff}", "# later\r\n"] {
            assert_eq!(what(empty), Some("an empty runbook file"), "{empty:?}");
        }
        assert_eq!(what("schema = 1\n[service]\nname = \"a\"\n"), Some("a config, not a runbook"));
        let (place, ..) = no_runbook("schema = 1\n  [lever.a]  \n").expect("a config");
        assert_eq!(place, 13..22);
        for runbook in ["schema = 1\n", "id = \"a\"\n[step.a]\nknow = \"\"\"\n[service]\n\"\"\"\n", "extends = \"a\"\n"]
        {
            assert_eq!(what(runbook), None, "{runbook:?}");
        }
    }
}
