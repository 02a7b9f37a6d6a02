//! Ends the process when a thread that everything rests on panics: the leases end the emission.

/// Held by such a thread for as long as it runs.
pub(crate) struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}
