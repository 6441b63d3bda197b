//! Runs what may block for long on a thread where it holds nothing up. May not know what it is.

/// Runs what may block for long where it holds nothing up. Under a simulated clock it runs at once: another thread would
/// answer at a moment that no seed repeats.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, tokio::task::JoinError> {
    #[cfg(feature = "simulation")]
    if crate::clock::simulated::is_on() {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await
}
