//! Chance that a seed repeats. Every draw is a function of the seed, of what it is for and of the instant, never of how
//! many draws came before: tasks that wake at the same instant may run in any order without changing each other's luck.

/// What a draw is for.
#[derive(Debug, Clone, Copy)]
#[repr(u64)]
pub enum For {
    Weather = 1,
    Person,
    Read,
    Served,
    Write,
    Source,
    Store,
    Fuse,
    Name,
}

/// Luck for one purpose at one instant.
pub fn luck(seed: u64, what: For, parts: &[u64]) -> fastrand::Rng {
    let mixed =
        [seed, what as u64].iter().chain(parts).fold(0x9e37_79b9_7f4a_7c15, |so_far, part| mix(so_far ^ mix(*part)));
    fastrand::Rng::with_seed(mixed)
}

/// A number for a word.
pub fn of(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// splitmix64.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
