//! A thousand runbooks with ten thousand steps: from the first frame until they are on the screen, at a further start and at
//! a first one, in turn with the floor. May not know how they are kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Bench;
use crate::configs::{self, SERVICE};
use crate::measures::SIZE;
use crate::player::Player;
use crate::shelf;
use crate::table::{Table, ms, ratio, spread, three};

/// Launches of each kind. The first of the further starts is a first one: nothing was kept before it.
const LAUNCHES: usize = 15;
/// Nothing is drawn for so long: all is there.
const QUIET: Duration = Duration::from_millis(600);
/// What the panel of causes says once there are runbooks: the samples of these servers are old, and a rule says so.
const RANKED: &str = "! Monitoring may be the victim";

/// Measures it.
pub fn loading(bench: &Bench, table: &mut Table) -> io::Result<()> {
    let home = bench.directory.path();
    shelf::generate(home)?;
    let json = home.join("nodes.json");
    fs::write(&json, shelf::nodes(&shelf::files(home)?)?)?;
    let config = configs::prometheus(home, &bench.servers.url(""), 1)?;
    let text = fs::read_to_string(&config)?.replacen("schema = 1\n", "schema = 1\nrunbooks = [\"books\"]\n", 1);
    let config = home.join("books.toml");
    fs::write(&config, text)?;
    let mut floor = bench.floor(0);
    floor.push(home.display().to_string());
    let (mut floors, mut further, mut first) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..LAUNCHES {
        floors.push(loaded(&floor, home, "READY", |text| text.contains("LOADED"))?);
        let command = bench.cockpit(&config, round);
        further.push(loaded(&command, &home.join("cache"), SERVICE, |text| text.contains(RANKED))?);
        let nothing: PathBuf = home.join(format!("cache-{round}"));
        first.push(loaded(&command, &nothing, SERVICE, |text| text.contains(RANKED))?);
    }
    let least = spread(&floors)[1];
    let rows = [("1,000 runbooks, after the first frame, ms", &further), ("the same at a first start, ms", &first)];
    for (what, of) in rows {
        table.row(what, three(&floors), three(of), "≤ 2 x", ratio(spread(of)[1], least, 2.0));
    }
    Ok(())
}

/// From the first frame until the screen says so for good.
fn loaded(command: &[String], cache: &Path, sign: &str, is_loaded: impl Fn(&str) -> bool) -> io::Result<f64> {
    let cache = cache.display().to_string();
    let player = Player::start(command, SIZE, &[("XDG_CACHE_HOME", &cache)])?;
    let (first, _) = player.shows(|text| text.contains(sign))?;
    player.shows(&is_loaded)?;
    player.quiet(QUIET);
    let at = player.shows_for_good(is_loaded);
    player.leave("q")?;
    Ok(ms(at.saturating_duration_since(first)))
}
