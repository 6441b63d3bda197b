//! Work on many files, shared among a few threads. May not know what the work is.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Fewer files than this are not worth a thread.
const FEW: usize = 64;
/// A cockpit has other things to do.
const MOST_THREADS: usize = 4;
/// So many items are taken at a time: a thread that gets less of a processor than the others takes fewer.
const PORTION: usize = 8;

/// Does the same with every item; the results stand in the order of the items.
pub(in crate::config) fn shared<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    if items.len() < FEW || threads == 1 {
        return items.iter().map(work).collect();
    }
    let (next, work) = (AtomicUsize::new(0), &work);
    let take = || {
        let mut done: Vec<(usize, Vec<T>)> = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(portion) = items.chunks(PORTION).nth(at) else { return done };
            done.push((at, portion.iter().map(work).collect()));
        }
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut done = take();
        for other in others {
            done.extend(other.join().unwrap_or_else(|why| std::panic::resume_unwind(why)));
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().flat_map(|(_, portion)| portion).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items_whichever_thread_made_them() {
        for count in [0, 1, FEW - 1, FEW, FEW + 1, 1_021] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|item| 2 * item).collect();
            assert_eq!(shared(&items, |item| 2 * item), doubled, "{count} items");
        }
    }
}
