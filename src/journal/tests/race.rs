//! Two processes, one file: the lever has one winner each time.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};

use super::kit::{intent, note, open, until_stored};
use super::processes::{file_of_parent, spawn};
use crate::journal::{IntendError, verify};

struct Responder {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Responder {
    fn start(file: &Path) -> Self {
        let mut child = spawn("race::responder", file, &[]);
        let stdin = child.stdin.take().expect("piped");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, stdin, stdout }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").expect("the child listens");
    }

    /// The next line that is meant for us; the test harness prints some of its own.
    fn hear(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).expect("readable") > 0, "the child is gone");
            if let Some(answer) = line.trim_end().split_once("answer: ") {
                return answer.1.to_owned();
            }
        }
    }
}

#[test]
#[ignore = "a child process of the race below"]
fn responder() {
    let file = file_of_parent();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let journal = runtime.block_on(open(Path::new(&file)));
    // Two that open one new file wait for each other; what is said before goes to the spool, where nobody claims anything.
    runtime.block_on(async {
        journal.append(None, note("here")).await;
        until_stored(&journal).await;
    });
    println!("answer: ready");
    for line in std::io::stdin().lines() {
        let line = line.expect("readable");
        let (lever, run) = line.split_once(' ').expect("lever and run");
        match runtime.block_on(journal.intend(None, intent(run, lever))) {
            Ok(_) => println!("answer: won {run}"),
            Err(IntendError::Held { run, .. }) => println!("answer: lost {run}"),
            Err(away) => println!("answer: {away}"),
        }
    }
    runtime.block_on(journal.close());
}

#[tokio::test]
async fn of_two_processes_on_one_lever_exactly_one_wins_two_hundred_times() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    let mut both = [Responder::start(&file), Responder::start(&file)];
    for responder in &mut both {
        assert_eq!(responder.hear(), "ready");
    }
    let mut wins = BTreeMap::new();
    for round in 0..200 {
        for (who, responder) in both.iter_mut().enumerate() {
            responder.say(&format!("lever-{round} run-{round}-{who}"));
        }
        let [a, b] = both.each_mut().map(Responder::hear);
        let winner = if a.starts_with("won") { &a } else { &b };
        let loser = if a.starts_with("won") { &b } else { &a };
        assert_eq!(loser.strip_prefix("lost "), winner.strip_prefix("won "), "round {round}: {a:?} and {b:?}");
        *wins.entry(winner == &a).or_insert(0) += 1;
    }
    for Responder { mut child, stdin, .. } in both {
        drop(stdin);
        assert!(child.wait().expect("ends").success());
    }
    println!("rounds won by the first process, and by the second: {wins:?}");
    let journal = open(&file).await;
    assert_eq!(journal.ledger().runs.len(), 200);
    assert_eq!(verify(&file).await.expect("readable").broken, None);
}
