//! Calls from tokio to rayon and back.

use crate::cpus;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::hint::black_box;
use std::sync::Arc;
use tokio::sync::oneshot::{self, Receiver};

/// One compute thread.
#[derive(Clone)]
pub struct Pool(Arc<ThreadPool>);

impl Pool {
    pub fn start(cpu: Option<usize>) -> Self {
        let pool = ThreadPoolBuilder::new()
            .num_threads(1)
            .start_handler(move |_| cpus::pin_current_thread(cpu))
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

/// Awaits the result of a call.
pub async fn answer(call: Receiver<u64>) -> u64 {
    call.await.expect("the call got lost")
}
