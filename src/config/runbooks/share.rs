//! Work on many files, shared among a few threads. May not know what the work is.

use std::num::NonZero;

/// Fewer files than this are not worth a thread.
const FEW: usize = 64;
/// A cockpit has other things to do.
const MOST_THREADS: usize = 4;

/// Does the same with every item; the results stand in the order of the items.
pub(super) fn shared<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    if items.len() < FEW || threads == 1 {
        return items.iter().map(work).collect();
    }
    let (part, work) = (items.len().div_ceil(threads), &work);
    std::thread::scope(|scope| {
        let do_part = |part: &'_ [I]| part.iter().map(work).collect::<Vec<T>>();
        let parts: Vec<_> = items.chunks(part).map(|part| scope.spawn(move || do_part(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|why| std::panic::resume_unwind(why))).collect()
    })
}
