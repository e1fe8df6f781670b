//! Calls from tokio to rayon and back.

use crate::cpus;
use crate::parallel::Install;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::hint::black_box;
use std::sync::Arc;
use tokio::sync::oneshot::{self, Receiver};

/// Compute threads.
#[derive(Clone)]
pub struct Pool(Arc<ThreadPool>);

impl Pool {
    /// Starts that many threads; pinned to `cpus` in turn, unless there are none.
    pub fn start(threads: usize, cpus: &[usize]) -> Self {
        let cpus = cpus.to_vec();
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .start_handler(move |index| {
                cpus::pin_current_thread(cpus.get(index % cpus.len().max(1)).copied())
            })
            .build()
            .expect("cannot start rayon");
        Pool(Arc::new(pool))
    }

    /// Starts a call; the receiver resolves with `n + 1`.
    pub fn add_one(&self, n: u64) -> Receiver<u64> {
        let (sender, receiver) = oneshot::channel();
        self.0.spawn(move || {
            // The receiver is never dropped.
            let _ = sender.send(black_box(n) + 1);
        });
        receiver
    }
}

impl Install for Pool {
    fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.0.install(work)
    }
}

/// Awaits the result of a call.
pub async fn answer(call: Receiver<u64>) -> u64 {
    call.await.expect("the call got lost")
}
