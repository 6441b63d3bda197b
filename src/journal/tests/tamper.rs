//! The chain shows what it promises to show, and nothing is claimed beyond that.

use std::path::Path;

use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::kit::{intent, note, open};
use crate::domain::run::RunMove;
use crate::journal::chain::{self, Follower, GENESIS, Link, hex};
use crate::journal::verify;

/// A journal as a real session writes it.
async fn write_journal(file: &Path, rounds: usize) {
    let journal = open(file).await;
    for round in 0..rounds {
        journal.append(None, note(&format!("looked at round {round}"))).await;
        let run = format!("r{round}");
        journal.intend(None, intent(&run, &format!("lever-{round}"))).await.expect("free");
        journal.moved(None, &run.parse().expect("id"), RunMove::Send, "PATCH").await;
        journal.moved(None, &run.parse().expect("id"), RunMove::Reject, "409").await;
    }
    journal.close().await;
}

async fn links(file: &Path) -> Vec<Link> {
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.expect("opens");
    let rows = sqlx::query("SELECT seq, prev, hash, origin, head FROM entry ORDER BY seq").fetch_all(&mut connection);
    let link = |row: &sqlx::sqlite::SqliteRow| Link {
        seq: row.get::<i64, _>(0).try_into().expect("positive"),
        prev: row.get(1),
        hash: row.get(2),
        origin: row.get(3),
        head: row.get(4),
    };
    rows.await.expect("rows").iter().map(link).collect()
}

/// The first position that does not hold.
fn first_break(links: &[Link]) -> Option<u64> {
    let mut follower = Follower::new();
    for link in links {
        follower.follow(link);
    }
    follower.broken().map(|(seq, _)| *seq)
}

fn restamp(links: &mut [Link]) {
    let mut last = GENESIS;
    for (at, link) in links.iter_mut().enumerate() {
        link.seq = at as u64 + 1;
        link.prev = last.to_vec();
        last = chain::link(&last, &link.head);
        link.hash = last.to_vec();
    }
}

/// One random tampering inside the journal; says what it did, and up to where the journal is as it was.
fn tamper(links: &mut Vec<Link>, random: &mut fastrand::Rng) -> (usize, String) {
    let inside = links.len() - 1;
    let at = random.usize(..inside);
    let mut intact = at;
    let what = match random.u8(..8) {
        0..=2 => {
            let link = &mut links[at];
            let bytes = match random.u8(..3) {
                0 => &mut link.head,
                1 => &mut link.prev,
                _ => &mut link.hash,
            };
            let byte = random.usize(..bytes.len());
            bytes[byte] ^= 1 << random.u8(..8);
            format!("flip a bit of entry {}", at + 1)
        }
        3 => {
            links[at].origin.push('0');
            format!("change the origin of entry {}", at + 1)
        }
        4 => {
            links.remove(at);
            if random.bool() {
                for (at, link) in links.iter_mut().enumerate() {
                    link.seq = at as u64 + 1;
                }
            }
            format!("delete entry {}", at + 1)
        }
        5 => {
            let other = (at + 1 + random.usize(..inside - 1)) % inside;
            intact = at.min(other);
            links.swap(at, other);
            let (a, b) = (links[at].seq, links[other].seq);
            (links[at].seq, links[other].seq) = (b, a);
            format!("swap entries {} and {}", at + 1, other + 1)
        }
        6 => {
            let mut forged = links[at].clone();
            forged.head = br#"{"v":1,"forged":true}"#.to_vec();
            forged.hash = chain::link(&forged.prev.clone().try_into().expect("32 bytes"), &forged.head).to_vec();
            links[at] = forged;
            format!("replace entry {} with a correct hash of its own", at + 1)
        }
        _ => {
            let copy = links[at].clone();
            links.insert(at, copy);
            for (at, link) in links.iter_mut().enumerate() {
                link.seq = at as u64 + 1;
            }
            format!("repeat entry {}", at + 1)
        }
    };
    (intact, what)
}

#[tokio::test]
async fn ten_thousand_random_tamperings_inside_are_all_found() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    write_journal(&file, 50).await;
    let original = links(&file).await;
    assert_eq!((original.len(), first_break(&original)), (200, None));

    // The untouched beginning is followed once, not ten thousand times.
    let mut before = vec![Follower::new()];
    for link in &original {
        let mut follower = before.last().expect("not empty").clone();
        follower.follow(link);
        before.push(follower);
    }
    let seed = 0x00b7_ea46_1a55;
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..10_000 {
        let mut tampered = original.clone();
        let (intact, what) = tamper(&mut tampered, &mut random);
        let mut follower = before[intact].clone();
        let found = tampered[intact..].iter().any(|link| {
            follower.follow(link);
            follower.broken().is_some()
        });
        assert!(found, "seed {seed:#x} round {round}: not found: {what}");
    }
}

#[tokio::test]
async fn every_single_flipped_byte_is_found_at_its_entry() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    write_journal(&file, 2).await;
    let original = links(&file).await;
    for at in 0..original.len() {
        for part in 0..4 {
            let length = match part {
                0 => original[at].head.len(),
                1 => original[at].origin.len(),
                _ => 32,
            };
            for byte in 0..length {
                let mut tampered = original.clone();
                let link = &mut tampered[at];
                match part {
                    0 => link.head[byte] ^= 1,
                    1 => link.origin.replace_range(byte..=byte, "!"),
                    2 => link.prev[byte] ^= 1,
                    _ => link.hash[byte] ^= 1,
                }
                assert_eq!(first_break(&tampered), Some(at as u64 + 1), "part {part}, byte {byte}");
            }
        }
    }
}

#[tokio::test]
async fn tampering_with_the_file_itself_is_found_by_verify_and_at_the_next_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    write_journal(&file, 5).await;
    let mut insider = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.expect("opens");
    sqlx::raw_sql(
        "DROP TRIGGER entry_is_never_changed; UPDATE entry \
         SET head = CAST(replace(CAST(head AS TEXT), 'round 2', 'round 3') AS BLOB) WHERE seq = 9",
    )
    .execute(&mut insider)
    .await
    .expect("who owns the file can change it");
    insider.close().await.expect("closes");

    let found = verify(&file).await.expect("readable");
    assert_eq!(found.broken, Some((9, "its content is not what was written".to_owned())));
    let journal = open(&file).await;
    assert!(journal.notes().iter().any(|note| note.contains("entry 9")), "{:?}", journal.notes());
    assert_eq!(journal.entries().await.len(), 20, "everything stays readable");
}

/// The honest limit: without a copy of `head` and `entries` kept elsewhere, these two do not show.
#[tokio::test]
async fn a_cut_tail_and_a_full_restamp_show_only_against_a_head_kept_elsewhere() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bot.db");
    write_journal(&file, 5).await;
    let checkpoint = verify(&file).await.expect("readable");
    let original = links(&file).await;
    let head = |links: &[Link]| hex(&links.last().expect("not empty").hash);
    assert_eq!(checkpoint.head, head(&original));

    let cut = &original[..12];
    assert_eq!(first_break(cut), None, "the chain alone cannot know what is gone");
    assert_ne!(head(cut), checkpoint.head);

    let mut restamped = original.clone();
    restamped[3].head = restamped[7].head.clone();
    restamped[3].origin = restamped[7].origin.clone();
    restamp(&mut restamped);
    assert_eq!(first_break(&restamped), None, "the chain is not signed");
    assert_ne!(head(&restamped), checkpoint.head);
}
