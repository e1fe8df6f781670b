//! The options of the program.

use std::time::Duration;

#[derive(Clone, Copy)]
pub enum Benchmark {
    Latency,
    Throughput,
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
}

impl Options {
    pub fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let benchmark = match args.next().as_deref() {
            Some("latency") => Benchmark::Latency,
            Some("throughput") => Benchmark::Throughput,
            other => return Err(format!("no such benchmark: {}", other.unwrap_or("none"))),
        };
        let mut options = Options {
            benchmark,
            figure_time: Duration::from_millis(400),
            runtime: Runtime::Current,
            pin: false,
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
