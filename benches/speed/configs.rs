//! The configs that are measured, written into a directory of their own. May not start anything.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the header of every one of them says: the sign that the first frame is there.
pub const SERVICE: &str = "measured-bot";

/// So many signals of one Prometheus, beside one switch that may be moved.
pub fn prometheus(directory: &Path, url: &str, signals: usize) -> io::Result<PathBuf> {
    let mut text = head(url);
    let _ = write!(text, "[endpoint.server]\nvendor = \"prometheus\"\nurl = \"{url}\"\ninterval = \"5s\"\n");
    for number in 0..signals {
        let _ = write!(
            text,
            "[signal.s{number}]\nfrom = \"server\"\nquery = 'metric_{number}'\nlayer = \"{}\"\nunit = \"ratio\"\n\
             better = \"lower\"\ncrit = \"> 0.9\"\n",
            ["infrastructure", "provider", "quality", "data", "safety", "business"][number % 6],
        );
    }
    store(directory, &format!("prometheus-{signals}.toml"), &text)
}

/// So many endpoints with a signal each; the last `hung` of them never answer.
pub fn endpoints(directory: &Path, url: &str, count: usize, hung: usize) -> io::Result<PathBuf> {
    let mut text = head(url);
    for number in 0..count {
        let path = if number < count - hung { "/slow" } else { "/hung" };
        let _ = write!(
            text,
            "[endpoint.e{number}]\nvendor = \"http\"\nurl = \"{url}\"\n[signal.s{number}]\nfrom = \"e{number}\"\n\
             path = \"{path}\"\npointer = \"/value\"\nlayer = \"quality\"\nunit = \"ratio\"\nbetter = \"lower\"\n\
             crit = \"> 0.9\"\n",
        );
    }
    store(directory, &format!("endpoints-{count}-{hung}.toml"), &text)
}

fn head(url: &str) -> String {
    format!(
        r#"schema = 1
mode = "act"
[service]
name = "{SERVICE}"
environment = "test"
[endpoint.switches]
vendor = "http"
url = "{url}"
[lever.assistant]
from = "switches"
read = {{ get = "/switch", pointer = "/on" }}
write = {{ put = "/switch", body = '{{"on":"{{{{want}}}}"}}' }}
normal = "on"
contained = "off"
[action.kill]
kind = "kill_feature"
key = "K"
title = "Kill switch"
lever = "assistant"
to = "contained"
effect = {{ all = ['s0 > 0.4'], within = "60s" }}
"#
    )
}

fn store(directory: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    let path = directory.join(name);
    fs::write(&path, text)?;
    Ok(path)
}
