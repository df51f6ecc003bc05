//! Contenders in turn, many short samples, medians: what else the machine does hits all of them.

use crate::peer::{Contender, Pass};
use crate::sum::Sum;
use std::time::{Duration, Instant};

/// How long to measure.
#[derive(Clone, Copy)]
pub struct Effort {
    pub rounds: usize,
    pub sample: Duration,
}

/// A contender's result in a row.
pub struct Timing {
    /// Median of the time of one item, in nanoseconds.
    pub ns: f64,
    /// Median over the rounds of the first contender's time, divided by this one's.
    pub first_to_this: f64,
}

fn sample(pass: &mut Pass, times: u32) -> f64 {
    let mut sum = Sum::default();
    let start = Instant::now();
    for _ in 0..times {
        pass(&mut sum);
    }
    start.elapsed().as_nanos() as f64 / f64::from(times)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let mid = values.len() / 2;
    if values.len() % 2 == 1 { values[mid] } else { (values[mid - 1] + values[mid]) / 2.0 }
}

/// Checks every contender, then times them in turn.
pub fn contest(
    row: &str,
    want: &Sum,
    items: usize,
    contenders: &mut [(String, Contender)],
    effort: Effort,
) -> Vec<Timing> {
    for (who, contender) in contenders.iter_mut().filter(|(_, contender)| contender.is_checked) {
        for thorough in [true, false, true] {
            let mut sum = Sum { thorough, ..Sum::default() };
            (contender.pass)(&mut sum);
            sum.check(want, who, row, contender.shows_pings);
        }
    }
    let times: Vec<u32> = contenders
        .iter_mut()
        .map(|(_, contender)| {
            let once = sample(&mut contender.pass, 2).max(1.0);
            (effort.sample.as_nanos() as f64 / once).ceil() as u32
        })
        .collect();
    let mut samples = vec![Vec::new(); contenders.len()];
    for round in 0..effort.rounds {
        for turn in 0..contenders.len() {
            let i = (round + turn) % contenders.len();
            samples[i].push(sample(&mut contenders[i].1.pass, times[i]) / items as f64);
        }
    }
    let first = samples[0].clone();
    samples
        .into_iter()
        .map(|samples| Timing {
            first_to_this: median(first.iter().zip(&samples).map(|(first, this)| first / this).collect()),
            ns: median(samples),
        })
        .collect()
}
