//! The options of the program.

use std::time::Duration;

#[derive(Clone, Copy)]
pub enum Benchmark {
    Latency,
    Throughput,
    Parallel,
    Startup,
}

#[derive(Clone, Copy)]
pub enum Runtime {
    Current,
    Multi,
}

pub struct Options {
    pub benchmark: Benchmark,
    /// How long to measure each figure, warm-up not counted.
    pub figure_time: Duration,
    pub runtime: Runtime,
    pub pin: bool,
    /// Threads that take calls.
    pub workers: usize,
}

impl Options {
    /// Threads of rayon. A loop of bench/parallel.ts runs on two threads, the caller's and
    /// that of one worker; here the caller waits.
    pub fn threads(&self) -> usize {
        match self.benchmark {
            Benchmark::Parallel => 2,
            _ => self.workers,
        }
    }

    pub fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let benchmark = match args.next().as_deref() {
            Some("latency") => Benchmark::Latency,
            Some("throughput") => Benchmark::Throughput,
            Some("parallel") => Benchmark::Parallel,
            Some("startup") => Benchmark::Startup,
            other => return Err(format!("no such benchmark: {}", other.unwrap_or("none"))),
        };
        let mut options = Options {
            benchmark,
            figure_time: Duration::from_millis(400),
            runtime: Runtime::Current,
            pin: false,
            workers: 1,
        };
        while let Some(flag) = args.next() {
            match flag.as_str() {
                "--pin" => options.pin = true,
                "--ms" => {
                    let ms = args.next().and_then(|text| text.parse::<f64>().ok());
                    let ms = ms
                        .filter(|ms| *ms > 0.0)
                        .ok_or("--ms needs a number above 0")?;
                    options.figure_time = Duration::from_secs_f64(ms / 1000.0);
                }
                "--workers" => {
                    let workers = args.next().and_then(|text| text.parse().ok());
                    options.workers = workers
                        .filter(|workers| *workers > 0)
                        .ok_or("--workers needs a number above 0")?;
                }
                "--runtime" => {
                    options.runtime = match args.next().as_deref() {
                        Some("current") => Runtime::Current,
                        Some("multi") => Runtime::Multi,
                        _ => return Err("--runtime is current or multi".into()),
                    }
                }
                _ => return Err(format!("no such option: {flag}")),
            }
        }
        Ok(options)
    }
}
