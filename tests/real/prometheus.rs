//! A real Prometheus that scrapes an exporter of the test, with three days of good history and one alert rule.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::http;
use crate::install;
use crate::process::{Server, free_port};

/// The history: how far back it goes, and seconds between two points; the last hours are as dense as a chart.
const OLD: (i64, usize) = (3 * 24 * 3600, 600);
const NEW: (i64, usize) = (3 * 3600, 60);

pub struct Prometheus {
    pub url: String,
    // The server goes before its files.
    _server: Server,
    _directory: TempDir,
}

impl Prometheus {
    /// `history` are gauges, labels included, with their value on good days.
    pub async fn boot(exporter_port: u16, history: &[(&str, f64)]) -> Self {
        let program = install::program("prometheus", "prometheus", &[]);
        let directory = tempfile::tempdir().expect("a directory");
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        write(&directory, "prometheus.yml", &configuration(exporter_port));
        write(&directory, "rules.yml", RULES);
        let target = format!("instance=\"127.0.0.1:{exporter_port}\",job=\"support-bot\"");
        write(&directory, "history.om", &open_metrics(history, &target));
        let promtool = program.with_file_name("promtool");
        check(Command::new(&promtool).args(["check", "rules", "rules.yml"]), directory.path());
        let blocks = ["tsdb", "create-blocks-from", "openmetrics", "history.om", "data"];
        check(Command::new(&promtool).args(blocks), directory.path());

        let mut start = Command::new(program);
        start.current_dir(directory.path()).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        start.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let mut server =
            Server::start("Prometheus", &mut start, &directory.path().join("prometheus.log"), Signal::TERM);
        server.ready(&format!("{url}/-/ready")).await;
        Self { url, _server: server, _directory: directory }
    }

    /// The value of an expression, if it has one.
    pub async fn value(&self, expression: &str) -> Option<f64> {
        let query = breakglass::net::segment(expression);
        let answer = http::call("GET", &format!("{}/api/v1/query?query={query}", self.url), &[], None).await;
        answer.pointer("/data/result/0/value/1").and_then(Value::as_str)?.parse().ok()
    }
}

const RULES: &str = r#"groups:
  - name: quality
    interval: 1s
    rules:
      - alert: GroundingLow
        expr: avg(llm_eval_score{eval="grounding"}) < 0.85
        labels: { severity: page }
        annotations: { summary: "Answers are not grounded in their sources" }
"#;

fn configuration(exporter_port: u16) -> String {
    format!(
        "global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}\n\
         rule_files: [rules.yml]\n\
         scrape_configs:\n  - job_name: support-bot\n    static_configs: [{{ targets: [\"127.0.0.1:{exporter_port}\"] }}]\n"
    )
}

/// The history in the text format of `promtool`, up to now: what is newer is scraped.
fn open_metrics(history: &[(&str, f64)], target: &str) -> String {
    let end = breakglass::clock::now().as_second() - 5;
    let times = || (end - OLD.0..end - NEW.0).step_by(OLD.1).chain((end - NEW.0..end).step_by(NEW.1));
    let mut text = String::new();
    for (series, value) in history {
        let (name, labels) = series.split_once('{').expect("name{labels}");
        let _ = writeln!(text, "# TYPE {name} gauge");
        for (point, at) in times().enumerate() {
            // A little life: a series that never moves has no deviation to judge by.
            let value = value * if point % 2 == 0 { 1.0 } else { 0.99 };
            let _ = writeln!(text, "{name}{{{target},{labels} {value} {at}");
        }
    }
    text.push_str("# EOF\n");
    text
}

fn write(directory: &TempDir, name: &str, text: &str) {
    std::fs::write(directory.path().join(name), text).expect("written");
}

fn check(command: &mut Command, directory: &Path) {
    let output = command.current_dir(directory).output().expect("promtool starts");
    let words = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{command:?}: {words}");
}
