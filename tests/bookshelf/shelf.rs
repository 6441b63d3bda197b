//! The thousand runbooks that are measured, generated into a directory, and the floor that loading them is held against.
//! Shared with `benches/speed`. May not use anything of breakglass.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Runbooks of the set.
pub const BOOKS: usize = 1_000;
/// Steps of each.
pub const STEPS: usize = 10;

/// A runbook of about four kilobytes: nine questions with evidence, one containment. Every text and number is its own.
fn runbook(n: usize) -> String {
    let mut text = format!(
        "schema = 1\nid = \"team-{n:04}\"\ntitle = \"Symptom {n} of team {}\"\nhypothesis = \"Case {n}: the store of team \
         {} answers late, most often after a rebuild of its index in the night before.\"\nversion = {}\nowner = \"team {}\"\n\
         severity = {{ level = \"P3\", why = \"slow, but right\" }}\nbeats = [\"latency\"]\ncontain = [\"serve_cache\", \
         \"throttle\"]\nstart = \"q0\"\ntags = [\"team: {}\", \"layer: data\"]\n",
        n % 50,
        n % 50,
        1 + n % 9,
        n % 50,
        n % 50
    );
    for at in 0..3 {
        let _ = write!(
            text,
            "\n[[evidence]]\nwhen = 'ratio(vector_latency) > {}.{n}{at}'\nweight = {}\nsay = \"the store is slow, case {n}.{at}\"\n",
            3 + at,
            1 + at
        );
    }
    for at in 0..STEPS - 1 {
        let next = if at + 2 == STEPS { "contain".to_owned() } else { format!("q{}", at + 1) };
        let _ = write!(
            text,
            "\n[step.q{at}]\nask = \"Question {at} of case {n}: does the store answer late?\"\nknow = \"Look at shard {at} \
             first; its owner is team {}.\"\nevidence = {{ all = ['ratio(vector_latency) > {}.{n}'], none = \
             ['retrieval_empty_share > 0.{n:04}{at}'] }}\nyes = \"contain\"\nno = \"{next}\"\ndont-know = \"contain\"\nlook = \
             [{{ title = \"Shard {at}\", query = 'sum(rate(store_seconds_sum{{case=\"{n}\",shard=\"{at}\"}}[5m]))' }}]\n",
            n % 50,
            1 + at
        );
    }
    text.push_str(
        "\n[step.contain]\ntitle = \"Serve cached answers\"\ncontain = [\"serve_cache\", \"throttle\"]\nthen = { end = \
         \"Contained. The team looks at the rebuild in the morning.\" }\n",
    );
    text
}

/// Writes them into `books/` below `home`, and a config beside it that names the directory. The path of the config.
///
/// # Errors
/// A file cannot be written.
pub fn generate(home: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(home.join("books"))?;
    for n in 0..BOOKS {
        fs::write(home.join(format!("books/team-{n:04}.toml")), runbook(n))?;
    }
    let config = home.join("bookshelf.toml");
    let text = "schema = 1\nrunbooks = [\"books\"]\n[service]\nname = \"bot\"\nenvironment = \"test\"\n";
    fs::write(&config, text)?;
    Ok(config)
}

/// The generated files.
///
/// # Errors
/// The directory cannot be listed.
pub fn files(home: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(home.join("books"))?.map(|entry| Ok(entry?.path())).collect()
}

/// A step as the floor keeps it: everything that the file says about it, as text.
#[derive(serde::Deserialize)]
pub struct Node {
    id: String,
    edges: Vec<String>,
    texts: Vec<String>,
}

/// The nodes of the generated runbooks as JSON, for the floor.
///
/// # Errors
/// A file cannot be read, or is no runbook.
pub fn nodes(files: &[PathBuf]) -> io::Result<String> {
    let mut nodes = Vec::new();
    for file in files {
        let book: toml::Table = fs::read_to_string(file)?.parse().map_err(io::Error::other)?;
        let own = |table: &toml::Table| table.iter().map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>();
        for (name, step) in book["step"].as_table().into_iter().flatten() {
            let step = step.as_table().cloned().unwrap_or_default();
            let edges = ["yes", "no", "dont-know"].into_iter().filter_map(|edge| step.get(edge)?.as_str());
            let id = format!("{}.{name}", book["id"].as_str().unwrap_or_default());
            nodes.push(serde_json::json!({ "id": id, "edges": edges.collect::<Vec<_>>(), "texts": own(&step) }));
        }
    }
    Ok(serde_json::to_string(&nodes)?)
}

/// The floor of the reference: reads every file, parses as many nodes from one JSON text, indexes them and their edges.
///
/// # Errors
/// A file cannot be read.
pub fn floor(files: &[PathBuf], json: &str) -> io::Result<(Vec<Node>, usize)> {
    let mut read = 0;
    for file in files {
        read += fs::read_to_string(file)?.len();
    }
    let nodes: Vec<Node> = serde_json::from_str(json)?;
    let by_id: HashMap<&str, &Node> = nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut leading: HashMap<&str, Vec<&str>> = HashMap::new();
    for node in &nodes {
        for edge in &node.edges {
            leading.entry(edge).or_default().push(&node.id);
        }
    }
    let kept = read + by_id.values().map(|node| node.texts.len()).sum::<usize>() + leading.len();
    Ok((nodes, kept))
}
