//! The calls of bench/latency.ts, bench/throughput.ts and bench/streams.ts, the loops of
//! bench/parallel.ts and the start of bench/startup.ts with the Rust crate loom-rs: one tokio
//! thread and one rayon thread, pinned.
//!
//!     loom-bench-loom-rs latency|throughput|streams|parallel|startup [--ms N] [--workers N]
//!
//! Prints one line of JSON, in microseconds or, as the benchmark does, in milliseconds. A
//! figure is left out if the machine has too few CPUs: loom-rs refuses to start more threads.

#[path = "../../src/parallel.rs"]
mod parallel;
#[path = "../../src/sampling.rs"]
mod sampling;

use futures::future::join_all;
use futures::stream::{self, StreamExt};
use loom_rs::{spawn_compute, ComputeStreamExt, LoomBuilder, LoomRuntime};
use parallel::{parallel, Install};
use sampling::{median, percentiles, samples};
use std::future::Future;
use std::hint::black_box;
use std::time::{Duration, Instant};

const BATCHES: [u64; 3] = [10, 100, 1000];
const LANES: u64 = 64;
const CALLS_OF_A_LANE: u64 = 50;
const ITEMS: u64 = 2_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |flag: &str, default: f64| match args.iter().position(|arg| arg == flag) {
        Some(index) => args[index + 1].parse().expect("not a number"),
        None => default,
    };
    let time = Duration::from_secs_f64(number("--ms", 400.0) / 1000.0);
    let workers = number("--workers", 1.0) as usize;
    let line = match args.first().map_or("", String::as_str) {
        "latency" => on_tokio(latency(time)),
        "throughput" => on_tokio(throughput(time)),
        "streams" => on_tokio(streams(time)),
        // As many threads as loom computes with, if there is a CPU for each.
        "parallel" => {
            let runtime = start(if cpus() > 2 { 2 } else { 1 });
            runtime.block_on(parallel(&Installing(&runtime), time))
        }
        "startup" if cpus() > workers => startup(workers),
        "startup" => "{}".to_string(),
        other => panic!("no such benchmark: {other}"),
    };
    println!("{line}");
}

/// How many CPUs this process may use.
fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// One tokio thread and some rayon threads; each needs a CPU of its own.
fn start(rayon_threads: usize) -> LoomRuntime {
    LoomBuilder::new()
        .prefix("bench")
        .tokio_threads(1)
        .rayon_threads(rayon_threads)
        .build()
        .expect("cannot start loom-rs")
}

/// Measures on the pinned tokio thread.
fn on_tokio(measuring: impl Future<Output = String> + Send + 'static) -> String {
    let runtime = start(1);
    let line = runtime
        .block_on(async { runtime.spawn_async(measuring).await })
        .expect("the measurement panicked");
    runtime.block_until_idle();
    line
}

/// The milliseconds until each worker may have answered a call.
fn startup(workers: usize) -> String {
    let begin = Instant::now();
    let runtime = start(workers);
    runtime.block_on(async {
        sum(join_all((0..workers as u64).map(add_one)).await);
    });
    let ms = begin.elapsed().as_secs_f64() * 1000.0;
    format!(r#"{{"start{workers}":{ms}}}"#)
}

/// loom-rs blocks the calling thread while its rayon threads compute.
struct Installing<'a>(&'a LoomRuntime);

impl Install for Installing<'_> {
    fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.0.install(work)
    }
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
        let us = median(time, || async move {
            sum(join_all((0..count).map(add_one)).await)
        })
        .await;
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
