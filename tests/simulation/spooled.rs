//! Reads the spool's files without any code of the journal: what is on disk, whoever wrote it.

use std::collections::BTreeSet;
use std::path::Path;

fn heads(spool: &Path) -> Vec<serde_json::Value> {
    let Ok(files) = std::fs::read_dir(spool) else { return Vec::new() };
    let text = files.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok()).collect::<String>();
    let head = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        serde_json::from_str(line["head"].as_str()?).ok()
    };
    text.lines().filter_map(head).collect()
}

/// Runs whose intent is in a segment, imported or not.
pub fn runs(spool: &Path) -> BTreeSet<String> {
    let heads = heads(spool);
    let intents = heads.iter().filter(|head| head["what"]["kind"] == "intended");
    intents.filter_map(|head| Some(head["what"]["run"].as_str()?.to_owned())).collect()
}

/// The origin of every spooled entry.
pub fn origins(spool: &Path) -> BTreeSet<String> {
    let origin = |head: &serde_json::Value| Some(format!("{}:{}", head["session"].as_str()?, head["number"].as_u64()?));
    heads(spool).iter().filter_map(origin).collect()
}
