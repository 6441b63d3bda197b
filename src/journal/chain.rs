//! The hash chain: what is hashed, how entries are linked, and what a break looks like.
//! Pure bytes in, words out; may not know databases, files or time.

use sha2::{Digest as _, Sha256};

use super::head::{self, Origin};
use crate::domain::entry::Entry;

/// SHA-256 of one link.
pub(super) type Hash = [u8; 32];

/// What the first link follows.
pub(super) const GENESIS: Hash = [0; 32];

/// Separates these hashes from every other use of SHA-256, and names the format.
const DOMAIN: &[u8] = b"breakglass-journal-v1\0";

/// `SHA-256(DOMAIN || prev || length of head as u64 big endian || head)`.
pub(super) fn link(prev: &Hash, head: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(DOMAIN);
    hasher.update(prev);
    hasher.update((head.len() as u64).to_be_bytes());
    hasher.update(head);
    hasher.finalize().into()
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}

/// The bytes of 64 hex digits; `None` for anything else.
pub(super) fn unhex(text: &str) -> Option<Hash> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// One row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// Position, from 1.
    pub(super) seq: u64,
    /// Hash of the link before it.
    pub(super) prev: Vec<u8>,
    /// Hash of this link.
    pub(super) hash: Vec<u8>,
    /// Which session wrote it, and as its how-many-th entry. Repeated from the head, so that imports can ask for it.
    pub(super) origin: String,
    /// The exact bytes that were hashed; never serialised again.
    pub(super) head: Vec<u8>,
}

/// Walks a chain link by link. After a break it goes on from what is stored, so that later entries stay readable.
#[derive(Debug, Clone)]
pub(super) struct Follower {
    /// The position that comes next.
    next: u64,
    /// Hash of the last link.
    last: Hash,
    /// The first break, if there was one: position and what is wrong.
    broken: Option<(u64, String)>,
}

impl Follower {
    /// Stands before the first link.
    pub(super) const fn new() -> Self {
        Self { next: 1, last: GENESIS, broken: None }
    }

    /// The position that the next link will have.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// Hash of the last link that was followed.
    pub(super) const fn last(&self) -> &Hash {
        &self.last
    }

    /// The first break, if there was one.
    pub(super) fn broken(&self) -> Option<&(u64, String)> {
        self.broken.as_ref()
    }

    /// The chain must reach as far as this position, which is to come next. If it does not, its tail was cut.
    #[cfg(feature = "postgres")]
    pub(super) fn reaches(&mut self, next: u64) {
        if self.broken.is_none() && self.next < next {
            self.broken =
                Some((self.next, format!("entry {} is missing: the head goes on to {}", self.next, next - 1)));
        }
    }

    /// The link that would hold this head next.
    pub(super) fn successor(&self, origin: &str, head: &[u8]) -> Link {
        Link {
            seq: self.next,
            prev: self.last.to_vec(),
            hash: link(&self.last, head).to_vec(),
            origin: origin.to_owned(),
            head: head.to_vec(),
        }
    }

    /// Takes the next link, checks it, and reads its entry. A head that cannot be read becomes an entry that says so.
    pub(super) fn follow(&mut self, link: &Link) -> (Origin, Entry) {
        let (origin, entry) = head::read(link.seq, &link.head);
        if self.broken.is_none()
            && let Some(why) = self.fault(link, &origin)
        {
            self.broken = Some((link.seq, why));
        }
        self.next = link.seq.saturating_add(1);
        self.last = Hash::try_from(link.hash.as_slice()).unwrap_or(GENESIS);
        (origin, entry)
    }

    fn fault(&self, link: &Link, origin: &Origin) -> Option<String> {
        if link.seq != self.next {
            return Some(format!("entry {} is missing: the next one is {}", self.next, link.seq));
        }
        if link.prev != self.last {
            return Some("does not follow the entry before it".to_owned());
        }
        if link.hash != self::link(&self.last, &link.head) {
            return Some("its content is not what was written".to_owned());
        }
        if origin.as_str() != link.origin {
            return Some("its origin is not what was written".to_owned());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_documented_one() {
        // Computed by another program: sha256(b"breakglass-journal-v1\0" + bytes(32) + (2).to_bytes(8, "big") + b"{}")
        assert_eq!(hex(&link(&GENESIS, b"{}")), "cd93746f01f2e4bfd358eb00baa58df0c73574a3f16f3602afcb92519efbef4b");
    }

    #[test]
    fn hex_comes_back() {
        let hash = link(&GENESIS, b"x");
        assert_eq!(unhex(&hex(&hash)), Some(hash));
        assert_eq!(unhex("zz"), None);
    }
}
