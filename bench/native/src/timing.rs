//! The loops and figures of bench/latency.ts and bench/throughput.ts.

use crate::calls::{answer, Pool};
use crate::sampling::{median, percentiles, samples};
use std::time::Duration;

const BATCHES: [u64; 3] = [10, 100, 1000];
const LANES: u64 = 64;
const CALLS_OF_A_LANE: u64 = 50;

pub async fn latency(pool: &Pool, time: Duration) -> String {
    let mut n = 0;
    let samples = samples(time, || {
        n += 1;
        answer(pool.add_one(n))
    })
    .await;
    percentiles(&samples)
}

pub async fn throughput(pool: &Pool, time: Duration) -> String {
    let mut figures = Vec::new();
    for count in BATCHES {
        let us = median(time, || at_once(pool, count)).await / count as f64;
        figures.push(format!(r#""at{count}":{us}"#));
    }
    let us = median(time, || in_flight(pool)).await / (LANES * CALLS_OF_A_LANE) as f64;
    figures.push(format!(r#""inFlight64":{us}"#));
    format!("{{{}}}", figures.join(","))
}

/// Starts `count` calls, then awaits them all.
async fn at_once(pool: &Pool, count: u64) -> u64 {
    let calls: Vec<_> = (0..count).map(|n| pool.add_one(n)).collect();
    let mut sum = 0;
    for call in calls {
        sum += answer(call).await;
    }
    sum
}

/// Keeps `LANES` calls in flight; each lane awaits its own.
async fn in_flight(pool: &Pool) -> u64 {
    let lanes: Vec<_> = (0..LANES)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let mut sum = 0;
                for n in 0..CALLS_OF_A_LANE {
                    sum += answer(pool.add_one(n)).await;
                }
                sum
            })
        })
        .collect();
    let mut sum = 0;
    for lane in lanes {
        sum += lane.await.expect("a lane panicked");
    }
    sum
}
