//! The operations of bench/parallel.ts.

use crate::sampling::median;
use rayon::prelude::*;
use std::hint::black_box;
use std::time::{Duration, Instant};

const ITEMS: u64 = 10_000_000;
/// Runs of each operation, which take longer than the usual time of a figure.
const RUNS: usize = 5;

/// Runs a closure on the threads of a pool and blocks until it ends.
pub trait Install {
    fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R;
}

/// Milliseconds of each operation, microseconds of the empty one, as a line of JSON.
pub async fn parallel(pool: &impl Install, time: Duration) -> String {
    let mut data: Vec<f64> = (0..ITEMS).map(|i| (i * 7919 % 1_000_003) as f64).collect();
    let unsorted = data.clone();
    let mut copy = unsorted.clone();
    let sum = median_ms(|| {
        black_box(pool.install(|| data.par_iter().sum::<f64>()));
    });
    let map_sum = median_ms(|| {
        black_box(pool.install(|| data.par_iter().map(|x| work(*x)).sum::<f64>()));
    });
    let map_in_place = median_ms(|| {
        pool.install(|| data.par_iter_mut().for_each(|x| *x = work(*x)));
    });
    let sort = median_ms(|| {
        copy.copy_from_slice(&unsorted);
        pool.install(|| copy.par_sort_unstable_by(f64::total_cmp));
    });
    let empty = median(time, || async {
        pool.install(|| (0..0u64).into_par_iter().sum())
    })
    .await;
    format!(
        r#"{{"sum":{sum},"mapSum":{map_sum},"mapInPlace":{map_in_place},"sort":{sort},"empty":{empty}}}"#
    )
}

/// About 20 ns of dependent arithmetic.
fn work(x: f64) -> f64 {
    let mut y = x + 1.0;
    for _ in 0..6 {
        y = (y + x / (y + 1.0)).sqrt();
    }
    y
}

fn median_ms(mut operation: impl FnMut()) -> f64 {
    operation();
    let mut runs = [0.0; RUNS];
    for run in &mut runs {
        let begin = Instant::now();
        operation();
        *run = begin.elapsed().as_secs_f64() * 1000.0;
    }
    runs.sort_by(f64::total_cmp);
    runs[RUNS / 2]
}
