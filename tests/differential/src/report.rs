use crate::table::{Difference, Tally};
use std::collections::BTreeMap;
pub fn print<A: Difference, B: Difference>(a: &Tally<A>, b: &Tally<B>) { one(a); one(b) }
fn one<D: Difference>(t: &Tally<D>) {
    for (p, (n, counts)) in &t.peers { println!("{p} {n} agree {} {counts:?}", t.agreements(p)); }
    let mut groups: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for d in &t.unknown {
        let s = d.shown();
        let key = format!("{} {}", d.peer(), key(&s));
        let e = groups.entry(key).or_insert((0, s.clone()));
        e.0 += 1;
        if s.len() < e.1.len() { e.1 = s }
    }
    let mut g: Vec<_> = groups.into_iter().collect();
    g.sort_by_key(|x| std::cmp::Reverse(x.1.0));
    println!("{} groups", g.len());
    for (k, (n, s)) in g.iter().take(70) { println!("{n} {k}\n    {s:.900}"); }
}
fn key(s: &str) -> String {
    let mut out = vec![];
    for l in s.lines().skip(1) {
        // only variant names and error words
        let l: String = l.split(" at byte").next().unwrap().into();
        let mut depth = 0;
        let mut k = String::new();
        for c in l.chars() { match c { '[' => { depth += 1; if depth < 2 { k.push(c) } } ']' => { depth -= 1; if depth < 1 { k.push(c) } } _ if depth < 2 && !c.is_ascii_digit() => k.push(c), _ => {} } }
        let k = if k.len() > 160 { k[..150].into() } else { k };
        out.push(k);
    }
    out.join(" | ")
}
