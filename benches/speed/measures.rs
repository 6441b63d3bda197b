//! First frame, keys, memory, filled panels, polling, idle, binary. Each takes turns with the floor. May not know how the
//! programs work inside.

use std::fs;
use std::io;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Bench;
use crate::configs::{self, SERVICE};
use crate::endpoints::SLOW;
use crate::player::{Player, Used};
use crate::table::{Table, ms, ratio, short, spread, three, within};

/// The size of a usual terminal at work.
pub const SIZE: (u16, u16) = (160, 48);
/// Launches of each program.
const LAUNCHES: usize = 12;
/// Keys of each launch.
const KEYS: usize = 20;
/// The end of the cockpit's last line: the frame is whole.
const LAST_WORDS: &str = "q quit";
/// How long a program is left alone.
const ALONE: Duration = Duration::from_secs(20);

#[expect(clippy::cast_precision_loss, reason = "bytes and counts of one run")]
const fn float(count: usize) -> f64 {
    count as f64
}

/// First frame, its bytes, keys, their bytes, memory, leaving.
pub fn launches(bench: &Bench, table: &mut Table) -> io::Result<()> {
    let config = configs::prometheus(bench.directory.path(), &bench.servers.url(""), 30)?;
    let mut all: [Launches; 2] = Default::default();
    let mut btop = Vec::new();
    for round in 0..LAUNCHES {
        all[0].add(&bench.floor(0), "READY")?;
        all[1].add(&bench.cockpit(&config, round), LAST_WORDS)?;
        if let Ok(player) = Player::start(&["btop".to_owned()], SIZE, &[])
            && let Ok((at, _)) = player.shows(|text| text.contains("cpu"))
        {
            btop.push(ms(at.duration_since(player.started)));
        }
    }
    let [floor, ours] = &all;
    let [first, least] = [spread(&ours.first)[1], spread(&floor.first)[1]];
    table.row(
        "first frame, 30 signals, ms",
        three(&floor.first),
        three(&ours.first),
        "≤ 2.5 x",
        ratio(first, least, 2.5),
    );
    if !btop.is_empty() {
        let other = spread(&btop)[1];
        table.row(
            "first frame against btop, ms",
            three(&btop),
            three(&ours.first),
            "≤ 0.8 x",
            ratio(first, other, 0.8),
        );
    }
    table.row(
        "bytes of the first frame",
        three(&floor.bytes),
        three(&ours.bytes),
        "≤ 13,000",
        within(spread(&ours.bytes)[1], 13_000.0),
    );
    let [key, least] = [spread(&ours.keys)[1], spread(&floor.keys)[1]];
    table.row("key → first byte, ms", three(&floor.keys), three(&ours.keys), "p50 ≤ 1.5 x", ratio(key, least, 1.5));
    let [key, least] = [spread(&ours.key_bytes)[1], spread(&floor.key_bytes)[1]];
    table.row("bytes of a key", three(&floor.key_bytes), three(&ours.key_bytes), "≤ 1.5 x", ratio(key, least, 1.5));
    table.row(
        "peak memory, MiB",
        three(&floor.memory),
        three(&ours.memory),
        "≤ 11",
        within(spread(&ours.memory)[1], 11.0),
    );
    table.row(
        "leaving, ms",
        three(&floor.leaving),
        three(&ours.leaving),
        "≤ 50",
        within(spread(&ours.leaving)[2], 50.0),
    );
    Ok(())
}

#[derive(Default)]
struct Launches {
    first: Vec<f64>,
    bytes: Vec<f64>,
    keys: Vec<f64>,
    key_bytes: Vec<f64>,
    memory: Vec<f64>,
    leaving: Vec<f64>,
}

impl Launches {
    fn add(&mut self, command: &[String], sign: &str) -> io::Result<()> {
        let mut player = Player::start(command, SIZE, &[])?;
        let (at, bytes) = player.shows(|text| text.contains(sign))?;
        self.first.push(ms(at.duration_since(player.started)));
        self.bytes.push(float(bytes));
        // History and the first answers are drawn before the keys count.
        thread::sleep(Duration::from_millis(700));
        player.quiet(Duration::from_millis(60));
        for number in 0..KEYS {
            // Down and up again: at the last row nothing would move.
            let (first, bytes) = player.answer(if number % 8 < 4 { "j" } else { "k" })?;
            self.keys.push(ms(first));
            self.key_bytes.push(float(bytes));
        }
        self.memory.push(player.peak_mib());
        self.leaving.push(ms(player.leave("q")?));
        Ok(())
    }
}

/// Thirty endpoints of 50 ms on the screen; then with ten of them hung.
pub fn panels(bench: &Bench, table: &mut Table) -> io::Result<()> {
    let url = bench.servers.url("");
    let (mut first, mut filled, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    let mut curl = Vec::new();
    let all = configs::endpoints(bench.directory.path(), &url, 30, 0)?;
    let some = configs::endpoints(bench.directory.path(), &url, 30, 10)?;
    for round in 0..LAUNCHES {
        let player = Player::start(&bench.cockpit(&all, round), SIZE, &[])?;
        first.push(ms(player.shows(|text| text.contains(SERVICE))?.0.duration_since(player.started)));
        // The switches are a source too.
        filled.push(ms(player.shows(|text| fresh(text) > 30)?.0.duration_since(player.started)));
        drop(player);
        let player = Player::start(&bench.cockpit(&some, round), SIZE, &[])?;
        beside.push(ms(player.shows(|text| fresh(text) > 20)?.0.duration_since(player.started)));
        drop(player);
        curl.extend(curl_parallel(&bench.servers.url("/slow"), 30));
    }
    let limit = ms(SLOW) + spread(&first)[1];
    let ours = spread(&filled)[1];
    table.row(
        "30 endpoints of 50 ms on the screen, ms",
        short(limit),
        three(&filled),
        "≤ 1.5 x",
        ratio(ours, limit, 1.5),
    );
    if !curl.is_empty() {
        let other = spread(&curl)[1];
        table.row(
            "the same against `curl --parallel`, ms",
            three(&curl),
            three(&filled),
            "≤ 0.75 x",
            ratio(ours, other, 0.75),
        );
    }
    let slowed = ratio(spread(&beside)[1], ours, 1.1);
    table.row("20 of them beside 10 hung ones, ms", short(ours), three(&beside), "as fast", slowed);
    Ok(())
}

/// The number before `of N sources fresh`.
fn fresh(text: &str) -> usize {
    let line = text.lines().rev().find(|line| line.contains("sources fresh"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn curl_parallel(url: &str, count: usize) -> Option<f64> {
    let started = Instant::now();
    let mut command = Command::new("curl");
    command.args(["-s", "--parallel", "--parallel-max", &count.to_string()]);
    for _ in 0..count {
        command.args(["-o", "/dev/null", url]);
    }
    let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    done.then(|| ms(started.elapsed()))
}

/// 500 signals every five seconds.
pub fn polling(bench: &Bench, table: &mut Table) -> io::Result<()> {
    let config = configs::prometheus(bench.directory.path(), &bench.servers.url(""), 500)?;
    let (floor, _) = alone(&bench.floor(500), "READY")?;
    let (ours, memory) = alone(&bench.cockpit(&config, 0), SERVICE)?;
    let [used, least] = [share(&ours), share(&floor)];
    let words = |used: &Used| format!("{:.2} % · {} wake-ups/s", share(used), short(rate(used.wake_ups)));
    table.row("500 signals every 5 s, of one core", words(&floor), words(&ours), "≤ 3 x", ratio(used, least, 3.0));
    let frames = float(ours.frames) / ALONE.as_secs_f64();
    table.row("frames a second meanwhile", "", short(frames), "≤ 10", within(frames, 10.0));
    table.row("peak memory with 500 signals, MiB", "", short(memory), "≤ 32", within(memory, 32.0));
    Ok(())
}

/// Left alone with 30 signals of the default interval.
pub fn idle(bench: &Bench, table: &mut Table) -> io::Result<()> {
    let config = configs::prometheus(bench.directory.path(), &bench.servers.url(""), 30)?;
    let text = fs::read_to_string(&config)?.replace("interval = \"5s\"\n", "");
    fs::write(&config, text)?;
    let (ours, _) = alone(&bench.cockpit(&config, 0), SERVICE)?;
    table.row("left alone, of one core", "", format!("{:.3} %", share(&ours)), "≤ 0.05 %", within(share(&ours), 0.05));
    let wake_ups = rate(ours.wake_ups);
    table.row("wake-ups a second", "", short(wake_ups), "≤ 2", within(wake_ups, 2.0));
    let bytes = float(ours.bytes) / ALONE.as_secs_f64();
    table.row("bytes a second", "", short(bytes), "≤ 100", within(bytes, 100.0));
    Ok(())
}

/// The stripped binary.
pub fn binary(bench: &Bench, table: &mut Table) -> io::Result<()> {
    #[expect(clippy::cast_precision_loss, reason = "bytes of a file")]
    let size = fs::metadata(bench.program())?.len() as f64 / 1e6;
    table.row("binary, MB", "", short(size), "≤ 10.4", within(size, 10.4));
    Ok(())
}

/// What a program uses while nobody touches it, once it has settled; and its peak memory in MiB.
fn alone(command: &[String], sign: &str) -> io::Result<(Used, f64)> {
    let player = Player::start(command, SIZE, &[])?;
    player.shows(|text| text.contains(sign))?;
    thread::sleep(Duration::from_secs(5));
    let before = player.used();
    thread::sleep(ALONE);
    let after = player.used();
    let memory = player.peak_mib();
    player.leave("q")?;
    let used = Used {
        busy_ns: after.busy_ns - before.busy_ns,
        wake_ups: after.wake_ups - before.wake_ups,
        bytes: after.bytes - before.bytes,
        frames: after.frames - before.frames,
    };
    Ok((used, memory))
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of seconds")]
fn share(used: &Used) -> f64 {
    used.busy_ns as f64 / 1e9 / ALONE.as_secs_f64() * 100.0
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn rate(count: u64) -> f64 {
    count as f64 / ALONE.as_secs_f64()
}
