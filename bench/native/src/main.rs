//! The calls of bench/latency.ts and bench/throughput.ts, the loops of bench/parallel.ts and
//! the start of bench/startup.ts in Rust: tokio tasks have rayon's worker threads compute.
//!
//!     loom-bench-native latency|throughput|parallel|startup
//!         [--ms N] [--workers N] [--runtime current|multi] [--pin]
//!
//! Prints one line of JSON, in microseconds or, as the benchmark does, in milliseconds. See
//! README.md for the defaults.

mod calls;
mod cpus;
mod options;
mod parallel;
mod sampling;
mod timing;

use calls::{answer, Pool};
use options::{Benchmark, Options, Runtime};
use std::time::Instant;

fn main() {
    let options = Options::from_args(std::env::args().skip(1)).unwrap_or_else(|problem| {
        eprintln!("error: {problem}");
        std::process::exit(2);
    });
    let begin = Instant::now();
    // The thread that calls, then a thread that computes.
    let cpus = if options.pin { cpus::first_two() } else { None };
    let (caller, computing) = match (&cpus, options.benchmark) {
        (None, _) => (None, &[][..]),
        // The caller waits while a loop runs.
        (Some(both), Benchmark::Parallel) => (None, &both[..]),
        (Some(both), _) => (Some(both[0]), &both[1..]),
    };
    let pool = Pool::start(options.threads(), computing);
    let runtime = start_runtime(options.runtime, caller);
    let line = runtime.block_on(async move {
        // Spawned, so that it runs on a worker of a runtime that has workers.
        tokio::spawn(async move {
            let time = options.figure_time;
            match options.benchmark {
                Benchmark::Latency => timing::latency(&pool, time).await,
                Benchmark::Throughput => timing::throughput(&pool, time).await,
                Benchmark::Parallel => parallel::parallel(&pool, time).await,
                Benchmark::Startup => started(&pool, options.workers, begin).await,
            }
        })
        .await
        .expect("the measurement panicked")
    });
    println!("{line}");
}

/// The milliseconds since `begin`, once every worker may have answered a call.
async fn started(pool: &Pool, workers: usize, begin: Instant) -> String {
    let calls: Vec<_> = (0..workers as u64).map(|n| pool.add_one(n)).collect();
    for call in calls {
        answer(call).await;
    }
    let ms = begin.elapsed().as_secs_f64() * 1000.0;
    format!(r#"{{"start{workers}":{ms}}}"#)
}

fn start_runtime(runtime: Runtime, cpu: Option<usize>) -> tokio::runtime::Runtime {
    let pin = move || cpus::pin_current_thread(cpu);
    match runtime {
        Runtime::Current => {
            pin();
            tokio::runtime::Builder::new_current_thread().build()
        }
        Runtime::Multi => tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .on_thread_start(pin)
            .build(),
    }
    .expect("cannot start tokio")
}
