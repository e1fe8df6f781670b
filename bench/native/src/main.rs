//! The calls of bench/latency.ts and bench/throughput.ts in Rust: a tokio task has rayon's
//! one worker thread add one to a number and awaits the result.
//!
//!     loom-bench-native latency|throughput [--ms N] [--runtime current|multi] [--pin]
//!
//! Prints one line of JSON, in microseconds. See README.md for the defaults.

mod calls;
mod cpus;
mod options;
mod sampling;
mod timing;

use calls::Pool;
use options::{Options, Benchmark, Runtime};

fn main() {
    let options = Options::from_args(std::env::args().skip(1)).unwrap_or_else(|problem| {
        eprintln!("error: {problem}");
        std::process::exit(2);
    });
    // The thread that calls, the thread that computes.
    let cpus = if options.pin { cpus::first_two() } else { None };
    let pool = Pool::start(cpus.map(|[_, second]| second));
    let runtime = start_runtime(options.runtime, cpus.map(|[first, _]| first));
    let line = runtime.block_on(async move {
        // Spawned, so that it runs on a worker of a runtime that has workers.
        tokio::spawn(async move {
            match options.benchmark {
                Benchmark::Latency => timing::latency(&pool, options.figure_time).await,
                Benchmark::Throughput => timing::throughput(&pool, options.figure_time).await,
            }
        })
        .await
        .expect("the measurement panicked")
    });
    println!("{line}");
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
