//! `runbook graph`: a tree as Graphviz DOT or Mermaid. Questions, containments and watches differ in form, not in colour
//! alone. May not lay anything out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::show::{in_order, nexts};
use crate::domain::runbook::{Next, Runbook, StepBody};

/// One node: name, words, form.
struct Node {
    name: String,
    words: String,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    Ask,
    Contain,
    Watch,
    Handed,
    End,
}

/// Nodes and edges (from, word, to) in the order of the walk.
fn drawn(runbook: &Runbook) -> (Vec<Node>, Vec<(String, &'static str, String)>) {
    let order = in_order(runbook);
    let names: BTreeMap<&str, String> =
        order.iter().enumerate().map(|(at, step)| (step.id.as_str(), format!("s{}", at + 1))).collect();
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    for step in &order {
        let (form, words) = match &step.body {
            StepBody::Ask { .. } => (Form::Ask, step.title.clone()),
            StepBody::Contain { kinds, .. } => {
                let kinds = kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ");
                (Form::Contain, format!("{}\n{kinds}", step.title))
            }
            StepBody::Watch { minutes, .. } => (Form::Watch, format!("{}\n{minutes} min", step.title)),
        };
        let Some(name) = names.get(step.id.as_str()).cloned() else { continue };
        nodes.push(Node { name: name.clone(), words, form });
        for (word, next) in nexts(&step.body) {
            let to = match next {
                Next::Step(id) => names.get(id.as_str()).cloned().unwrap_or_default(),
                Next::Runbook(id) => outside(&mut nodes, Form::Handed, format!("runbook {id}")),
                Next::End(words) => outside(&mut nodes, Form::End, words.clone()),
            };
            edges.push((name.clone(), word, to));
        }
    }
    (nodes, edges)
}

/// The node of a hand-over or an end; the same words are one node.
fn outside(nodes: &mut Vec<Node>, form: Form, words: String) -> String {
    let outside = |node: &&Node| matches!(node.form, Form::Handed | Form::End);
    if let Some(known) = nodes.iter().filter(outside).find(|node| node.words == words) {
        return known.name.clone();
    }
    let name = format!("e{}", nodes.iter().filter(outside).count() + 1);
    nodes.push(Node { name: name.clone(), words, form });
    name
}

/// Graphviz DOT.
pub(super) fn dot(runbook: &Runbook) -> String {
    let quoted = |words: &str| {
        let lines = folded(words);
        lines.join("\n").replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
    };
    let (nodes, edges) = drawn(runbook);
    let mut text = format!("digraph \"{}\" {{\n  label=\"{}\";\n", quoted(runbook.id.as_str()), quoted(&runbook.title));
    text.push_str("  node [fontname=\"sans-serif\"];\n");
    for node in nodes {
        let shape = match node.form {
            Form::Ask => "shape=box, style=rounded",
            Form::Contain => "shape=box, style=bold, penwidth=3",
            Form::Watch => "shape=box, style=dashed",
            Form::Handed => "shape=cds",
            Form::End => "shape=plaintext",
        };
        let _ = writeln!(text, "  {} [label=\"{}\", {shape}];", node.name, quoted(&node.words));
    }
    for (from, word, to) in edges {
        let _ = writeln!(text, "  {from} -> {to} [label=\"{word}\"];");
    }
    text + "}"
}

/// Mermaid.
pub(super) fn mermaid(runbook: &Runbook) -> String {
    let quoted = |words: &str| {
        let lines = folded(words);
        lines.join("<br>").replace('"', "#quot;").replace('`', "'")
    };
    let (nodes, edges) = drawn(runbook);
    let mut text = format!("---\ntitle: {:?}\n---\nflowchart TD\n", runbook.title);
    for node in nodes {
        let (open, close) = match node.form {
            Form::Ask => ("{{", "}}"),
            Form::Contain => ("[[", "]]"),
            Form::Watch => ("[/", "/]"),
            Form::Handed => (">", "]"),
            Form::End => ("([", "])"),
        };
        let _ = writeln!(text, "  {}{open}\"{}\"{close}", node.name, quoted(&node.words));
    }
    for (from, word, to) in edges {
        let _ = writeln!(text, "  {from} -->|\"{word}\"| {to}");
    }
    text.trim_end().to_owned()
}

/// Words in lines of about 32 characters, so that boxes stay narrow.
fn folded(words: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for whole in words.lines() {
        let mut line = String::new();
        for word in whole.split_whitespace() {
            if !line.is_empty() && line.chars().count() + word.chars().count() >= 32 {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}
