//! Times asynchronous work.

use std::future::Future;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The median of the microseconds of each run.
pub async fn median<F: Future<Output = u64>>(time: Duration, work: impl FnMut() -> F) -> f64 {
    let samples = samples(time, work).await;
    samples[(samples.len() - 1) / 2]
}

/// Returns the microseconds of each run, sorted; warms up for as long as it measures.
pub async fn samples<F: Future<Output = u64>>(
    time: Duration,
    mut work: impl FnMut() -> F,
) -> Vec<f64> {
    let end = Instant::now() + time;
    while Instant::now() < end {
        black_box(work().await);
    }
    let mut samples = Vec::new();
    let end = Instant::now() + time;
    loop {
        let begin = Instant::now();
        black_box(work().await);
        let now = Instant::now();
        samples.push((now - begin).as_nanos() as f64 / 1000.0);
        if now >= end {
            break;
        }
    }
    samples.sort_by(f64::total_cmp);
    samples
}

/// Sorted samples as a line of JSON.
pub fn percentiles(samples: &[f64]) -> String {
    let at = |share: f64| samples[(share * (samples.len() - 1) as f64) as usize];
    format!(
        r#"{{"p50":{},"p90":{},"p99":{},"p999":{}}}"#,
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999)
    )
}
