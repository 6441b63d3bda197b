//! From `Y` to the request on the wire, beside what nobody can do without: a key that sends a request, one more reading, one
//! durable line. May not count what happens after the request came in.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Bench;
use crate::configs::{self, SERVICE};
use crate::measures::SIZE;
use crate::player::Player;
use crate::table::{Table, ms, ratio, short, spread, three, within};

/// Launches of the cockpit: each fires once, since a lever may not be moved again and again.
const ROUNDS: usize = 12;
/// How long a write may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Measures it, without polling worth the name and under 500 signals.
pub fn wire(bench: &Bench, table: &mut Table) -> io::Result<()> {
    let url = bench.servers.url("");
    let few = configs::prometheus(bench.directory.path(), &url, 30)?;
    let many = configs::prometheus(bench.directory.path(), &url, 500)?;
    let (mut calm, mut busy, mut curl) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        calm.push(fire(bench, &few, round)?);
        busy.push(fire(bench, &many, round)?);
        curl.extend(process(&bench.servers.url("/switch")));
    }
    let parts = [pressed(bench)?, read_again(bench)?, durable(bench)?];
    let limit: f64 = parts.iter().map(|part| spread(part)[1]).sum();
    let ours = spread(&calm)[1];
    let words = format!(
        "{} = key {} + reading {} + line {}",
        short(limit),
        short(spread(&parts[0])[1]),
        short(spread(&parts[1])[1]),
        short(spread(&parts[2])[1])
    );
    table.row("`Y` → request on the wire, ms", words, three(&calm), "p50 ≤ 1.5 x", ratio(ours, limit, 1.5));
    if !curl.is_empty() {
        let other = spread(&curl)[1];
        table.row("the same against one `curl`, ms", three(&curl), three(&calm), "≤ 0.3 x", ratio(ours, other, 0.3));
    }
    table.row("the same under 500 signals, ms", "", three(&busy), "p99 ≤ 50", within(spread(&busy)[2], 50.0));
    // The next measures find nothing contained.
    bench.servers.switch_on();
    Ok(())
}

/// One cockpit, one action.
fn fire(bench: &Bench, config: &std::path::Path, round: usize) -> io::Result<f64> {
    bench.servers.switch_on();
    let mut player = Player::start(&bench.cockpit(config, round), SIZE, &[])?;
    player.shows(|text| text.contains(SERVICE) && text.contains("CHECKED"))?;
    player.press("K")?;
    player.shows(|text| text.contains("Target") && text.contains("do it"))?;
    // Keys are dropped until the dialog was on the screen for a while.
    thread::sleep(Duration::from_millis(600));
    let pressed = player.press("Y")?;
    while pressed.elapsed() < PATIENCE {
        if let Some(came) = bench.servers.written_since(pressed) {
            return Ok(ms(came.duration_since(pressed)));
        }
        thread::yield_now();
    }
    Err(io::Error::other("the request never came"))
}

/// The floor's key that sends a request.
fn pressed(bench: &Bench) -> io::Result<Vec<f64>> {
    let mut player = Player::start(&bench.floor(0), SIZE, &[])?;
    player.shows(|text| text.contains("READY"))?;
    let mut times = Vec::new();
    for _ in 0..=ROUNDS {
        thread::sleep(Duration::from_millis(50));
        let pressed = player.press("a")?;
        while pressed.elapsed() < PATIENCE {
            if let Some(came) = bench.servers.written_since(pressed) {
                times.push(ms(came.duration_since(pressed)));
                break;
            }
            thread::yield_now();
        }
    }
    // The first one opens the connection.
    Ok(times.split_off(1.min(times.len())))
}

/// One reading over a connection that is warm.
fn read_again(bench: &Bench) -> io::Result<Vec<f64>> {
    let mut stream = TcpStream::connect(bench.servers.address)?;
    stream.set_nodelay(true)?;
    let mut times = Vec::new();
    let mut answer = [0; 4_096];
    for _ in 0..=ROUNDS {
        let asked = Instant::now();
        stream.write_all(b"GET /switch HTTP/1.1\r\nhost: server\r\n\r\n")?;
        if stream.read(&mut answer)? == 0 {
            return Err(io::Error::other("the server closed the connection"));
        }
        times.push(ms(asked.elapsed()));
    }
    Ok(times.split_off(1))
}

/// One line that is on the disk.
fn durable(bench: &Bench) -> io::Result<Vec<f64>> {
    let mut file = File::create(bench.directory.path().join("line"))?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        file.write_all(&[b'x'; 400])?;
        file.sync_data()?;
        times.push(ms(began.elapsed()));
    }
    Ok(times)
}

/// One `curl` from start to end.
fn process(url: &str) -> Option<f64> {
    let began = Instant::now();
    let mut command = Command::new("curl");
    command.args(["-s", "-o", "/dev/null", "-X", "PUT", "-d", "{}", url]);
    let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    done.then(|| ms(began.elapsed()))
}
