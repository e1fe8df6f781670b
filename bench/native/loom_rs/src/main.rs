//! The calls of bench/latency.ts, bench/throughput.ts and bench/streams.ts with the Rust crate
//! loom-rs: one tokio thread and one rayon thread, pinned.
//!
//!     loom-bench-loom-rs latency|throughput|streams [--ms N]
//!
//! Prints one line of JSON, in microseconds.

#[path = "../../src/sampling.rs"]
mod sampling;

use futures::future::join_all;
use futures::stream::{self, StreamExt};
use loom_rs::{spawn_compute, ComputeStreamExt, LoomBuilder};
use sampling::{median, percentiles, samples};
use std::hint::black_box;
use std::time::Duration;

const BATCHES: [u64; 3] = [10, 100, 1000];
const LANES: u64 = 64;
const CALLS_OF_A_LANE: u64 = 50;
const ITEMS: u64 = 2_000;

fn main() {
    let mut args = std::env::args().skip(1);
    let benchmark = args.next().unwrap_or_default();
    let ms = match (args.next().as_deref(), args.next()) {
        (Some("--ms"), Some(text)) => text.parse().expect("--ms needs a number"),
        _ => 400.0,
    };
    let time = Duration::from_secs_f64(ms / 1000.0);
    let runtime = LoomBuilder::new()
        .prefix("bench")
        .tokio_threads(1)
        .rayon_threads(1)
        .build()
        .expect("cannot start loom-rs");
    let measured = runtime.block_on(async {
        // Spawned, so that it runs on the pinned tokio thread.
        let measuring = match benchmark.as_str() {
            "latency" => runtime.spawn_async(latency(time)),
            "throughput" => runtime.spawn_async(throughput(time)),
            "streams" => runtime.spawn_async(streams(time)),
            other => panic!("no such benchmark: {other}"),
        };
        measuring.await.expect("the measurement panicked")
    });
    println!("{measured}");
    runtime.block_until_idle();
}

async fn add_one(n: u64) -> u64 {
    spawn_compute(move || black_box(n) + 1).await
}

async fn latency(time: Duration) -> String {
    let mut n = 0;
    let samples = samples(time, || {
        n += 1;
        add_one(n)
    })
    .await;
    percentiles(&samples)
}

async fn throughput(time: Duration) -> String {
    let mut figures = Vec::new();
    for count in BATCHES {
        let us = median(time, || async move { sum(join_all((0..count).map(add_one)).await) }).await;
        figures.push(format!(r#""at{count}":{}"#, us / count as f64));
    }
    let us = median(time, in_flight).await / (LANES * CALLS_OF_A_LANE) as f64;
    figures.push(format!(r#""inFlight64":{us}"#));
    format!("{{{}}}", figures.join(","))
}

/// Keeps `LANES` calls in flight; each lane awaits its own.
async fn in_flight() -> u64 {
    let lanes = (0..LANES).map(|_| async {
        let mut sum = 0;
        for n in 0..CALLS_OF_A_LANE {
            sum += add_one(n).await;
        }
        sum
    });
    sum(join_all(lanes).await)
}

fn sum(numbers: Vec<u64>) -> u64 {
    numbers.iter().sum()
}

/// `compute_map` has one item in flight.
async fn streams(time: Duration) -> String {
    let us = median(time, || {
        stream::iter(0..ITEMS)
            .compute_map(|n| black_box(n) + 1)
            .fold(0, |sum, n| async move { sum + n })
    })
    .await;
    format!(r#"{{"one":{}}}"#, us / ITEMS as f64)
}
