use crate::table::{Difference, Tally};
use std::collections::BTreeMap;
pub fn print<A: Difference, B: Difference>(a: &Tally<A>, b: &Tally<B>) { one(a); one(b) }
fn one<D: Difference>(t: &Tally<D>) {
    for (p, (n, counts)) in &t.peers { println!("{p} {n} agree {}", t.agreements(p)); }
    for (i, c) in t.classes.iter().enumerate() { for p in t.peers.keys() { if let Some((n, s)) = t.peers[p].1.get(&i) { println!("CLASS {i} {} | {p} {n}\n{s}", c.name) } else if c.peers.contains(p) { println!("CLASS {i} {} | {p} NONE", c.name) } } }
    let mut groups: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for d in &t.unknown {
        let s = d.shown();
        let key: String = format!("{} {}", d.peer(), d.kind()).chars().filter(|c| !c.is_ascii_digit()).collect();
        let e = groups.entry(key).or_insert((0, s.clone()));
        e.0 += 1;
        if s.len() < e.1.len() { e.1 = s }
    }
    let mut g: Vec<_> = groups.into_iter().collect();
    g.sort_by_key(|x| std::cmp::Reverse(x.1.0));
    println!("{} groups", g.len());
    for (k, (n, s)) in g.iter().take(250) { println!("{n} {k}\n    {s:.3000}"); }
}
