//! Both forms of each place, the changed one behind its switch.

use crate::Mutant;
use crate::sites::{Lines, Sites};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// What happens to a part of a file. Parts lie in each other or apart.
#[derive(Default)]
struct Change {
    /// Other texts for the whole part: a number and a text each.
    instead: Vec<(u32, String)>,
    /// For a condition: a mutant that makes it true, ones that make it false.
    always: Vec<u32>,
    never: Vec<u32>,
}

/// Changes by where the part begins and, of those that begin at one place, the longest first.
type Changes = BTreeMap<(usize, std::cmp::Reverse<usize>), Change>;

struct Weaver<'s> {
    source: &'s str,
    changes: Changes,
    /// What is written before a byte of the source.
    insertions: BTreeMap<usize, String>,
}

/// The numbers of the mutants that have a place in the source.
#[derive(Default, Serialize, Debug, PartialEq)]
pub struct Woven {
    pub all: Vec<u32>,
    /// Those that the compiler may evaluate.
    pub constant: Vec<u32>,
}

/// Returns the source with these mutants, and which they are.
pub fn weave(source: &str, mutants: &[(u32, &Mutant)]) -> (String, Woven) {
    let (lines, sites) = (Lines::new(source), Sites::of(source));
    let mut weaver = Weaver { source, changes: Changes::new(), insertions: BTreeMap::new() };
    let mut woven = Woven::default();
    for &(number, mutant) in mutants {
        let part = lines.byte(mutant.span.start)..lines.byte(mutant.span.end);
        if weaver.place(number, mutant, part.clone(), &sites).is_some() {
            woven.all.push(number);
            let at_run_time = sites.at_run_time.iter().any(|body| body.contains(&part.start));
            if !at_run_time || sites.constant.iter().any(|body| body.contains(&part.start)) {
                woven.constant.push(number);
            }
        }
    }
    let mut text = String::new();
    weaver.render(0..source.len(), &mut text);
    (text, woven)
}

impl Weaver<'_> {
    fn change(&mut self, part: &Range<usize>) -> &mut Change {
        self.changes.entry((part.start, std::cmp::Reverse(part.end))).or_default()
    }

    fn place(&mut self, number: u32, mutant: &Mutant, part: Range<usize>, sites: &Sites) -> Option<()> {
        match mutant.genre.as_str() {
            "FnValue" => {
                let inserted = self.insertions.entry(part.start).or_default();
                let value = &mutant.replacement;
                write!(inserted, "if mutant_switch::on({number}) {{ /*<{number}*/ return {value}; /*>{number}*/ }}")
                    .ok()?;
            }
            "MatchArm" => {
                let arm = sites.arms.get(&part.start)?;
                match &arm.guard {
                    Some(guard) => self.change(&guard.clone()).never.push(number),
                    None => {
                        let inserted = self.insertions.entry(arm.pattern_end).or_default();
                        write!(inserted, " /*<{number}*/ if !mutant_switch::on({number}) /*>{number}*/").ok()?;
                    }
                }
            }
            "MatchArmGuard" if mutant.replacement == "true" => self.change(&part).always.push(number),
            "MatchArmGuard" => self.change(&part).never.push(number),
            genre => {
                let sites = if genre == "StructField" { &sites.fields } else { &sites.operators };
                let whole = sites.get(&part.start)?.clone();
                let (before, after) = (&self.source[whole.start..part.start], &self.source[part.end..whole.end]);
                let changed = format!("{before}{}{after}", mutant.replacement);
                // What does not even parse would hide the other mutants of the file.
                syn::parse_str::<syn::Expr>(&changed).ok()?;
                self.change(&whole).instead.push((number, changed));
            }
        }
        Some(())
    }

    fn insert(&mut self, at: usize, out: &mut String) {
        if let Some(text) = self.insertions.remove(&at) {
            out.push_str(&text);
        }
    }

    /// Writes a part of the file with all that is changed in it.
    fn render(&mut self, part: Range<usize>, out: &mut String) {
        let mut at = part.start;
        while at < part.end {
            let next =
                self.changes.range((at, std::cmp::Reverse(part.end))..(part.end, std::cmp::Reverse(usize::MAX))).next();
            let next = next.map(|(&(start, std::cmp::Reverse(end)), _)| start..end);
            let until = next.as_ref().map_or(part.end, |next| next.start);
            while let Some((&place, _)) = self.insertions.range(at..until).next() {
                out.push_str(&self.source[at..place]);
                self.insert(place, out);
                at = place;
            }
            out.push_str(&self.source[at..until]);
            let Some(next) = next else { return };
            let change = self.changes.remove(&(next.start, std::cmp::Reverse(next.end))).unwrap_or_default();
            self.insert(next.start, out);
            self.render_change(next.clone(), &change, out);
            at = next.end;
        }
    }

    fn render_change(&mut self, part: Range<usize>, change: &Change, out: &mut String) {
        // A guard may be an operator's expression, too.
        out.push('(');
        for number in &change.never {
            let _ = write!(out, "/*<{number}*/ !mutant_switch::on({number}) /*>{number}*/ && ");
        }
        out.push('(');
        for number in &change.always {
            let _ = write!(out, "/*<{number}*/ mutant_switch::on({number}) /*>{number}*/ || ");
        }
        out.push('(');
        for (number, text) in &change.instead {
            let _ = write!(out, "if mutant_switch::on({number}) {{ /*<{number}*/ {text} /*>{number}*/ }} else ");
        }
        if !change.instead.is_empty() {
            out.push_str("{ ");
        }
        self.render(part, out);
        out.push_str(if change.instead.is_empty() { ")))" } else { " })))" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Extent, Place};

    /// The mutant that replaces `from`, of which there is one, with `to`.
    fn mutant(source: &str, genre: &str, from: &str, to: &str) -> Mutant {
        let place = |byte: usize| {
            let before = &source[..byte];
            let start = before.rfind('\n').map_or(0, |at| at + 1);
            Place { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
        };
        let at = source.find(from).expect("the text is there");
        let span = Extent { start: place(at), end: place(at + from.len()) };
        Mutant { file: String::new(), genre: genre.into(), replacement: to.into(), span }
    }

    fn woven(source: &str, mutants: &[(&str, &str, &str)]) -> String {
        let mutants: Vec<Mutant> = mutants.iter().map(|(genre, from, to)| mutant(source, genre, from, to)).collect();
        let numbered: Vec<(u32, &Mutant)> = (7..).zip(&mutants).collect();
        let (text, woven) = weave(source, &numbered);
        assert_eq!(woven.all.len(), mutants.len(), "{text}");
        syn::parse_file(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        text.replace("mutant_switch::", "")
    }

    #[test]
    fn an_operator_has_both_forms_and_one_operand_may_hold_another() {
        assert_eq!(
            woven("fn f() -> bool { a + 1 < b }", &[("BinaryOperator", "<", "=="), ("BinaryOperator", "+", "-")]),
            "fn f() -> bool { (((if on(7) { /*<7*/ a + 1 == b /*>7*/ } else { \
             (((if on(8) { /*<8*/ a - 1 /*>8*/ } else { a + 1 }))) < b }))) }"
        );
        assert_eq!(
            woven("fn f() { if !é { g() } }", &[("UnaryOperator", "!", "")]),
            "fn f() { if (((if on(7) { /*<7*/ é /*>7*/ } else { !é }))) { g() } }"
        );
    }

    #[test]
    fn a_function_returns_the_value_at_once() {
        assert_eq!(
            woven("fn f() -> u8 { a + b }", &[("FnValue", "a + b", "0"), ("BinaryOperator", "+", "-")]),
            "fn f() -> u8 { if on(7) { /*<7*/ return 0; /*>7*/ }(((if on(8) { /*<8*/ a - b /*>8*/ } else { a + b }))) }"
        );
    }

    #[test]
    fn an_arm_is_never_taken_and_a_guard_is_true_or_false() {
        assert_eq!(
            woven("fn f() { match x { A => 1, _ => 2 } }", &[("MatchArm", "A => 1,", "")]),
            "fn f() { match x { A /*<7*/ if !on(7) /*>7*/ => 1, _ => 2 } }"
        );
        let guard = [("MatchArmGuard", "b", "true"), ("MatchArmGuard", "b", "false"), ("MatchArm", "A if b => 1,", "")];
        assert_eq!(
            woven("fn f() { match x { A if b => 1, _ => 2 } }", &guard),
            "fn f() { match x { A if (/*<8*/ !on(8) /*>8*/ && /*<9*/ !on(9) /*>9*/ && (/*<7*/ on(7) /*>7*/ || (b))) => 1, _ => 2 } }"
        );
    }

    #[test]
    fn a_guard_may_be_an_operator() {
        assert_eq!(
            woven(
                "fn f() { match x { _ if !b => 1, _ => 2 } }",
                &[("UnaryOperator", "!", ""), ("MatchArmGuard", "!b", "true"), ("MatchArmGuard", "!b", "false")]
            ),
            "fn f() { match x { _ if (/*<9*/ !on(9) /*>9*/ && (/*<8*/ on(8) /*>8*/ || (\
             if on(7) { /*<7*/ b /*>7*/ } else { !b }))) => 1, _ => 2 } }"
        );
    }

    #[test]
    fn a_struct_keeps_the_field_of_its_base() {
        assert_eq!(
            woven("fn f() { S { a, ..b } }", &[("StructField", "a,", "")]),
            "fn f() { (((if on(7) { /*<7*/ S {  ..b } /*>7*/ } else { S { a, ..b } }))) }"
        );
    }

    #[test]
    fn what_the_compiler_may_evaluate_is_told() {
        for (source, constant) in [
            ("const fn f() -> bool { a < b }", vec![7]),
            ("const C: bool = a < b;", vec![7]),
            ("fn f() -> bool { a < b }", vec![]),
        ] {
            let mutant = mutant(source, "BinaryOperator", "<", "==");
            assert_eq!(weave(source, &[(7, &mutant)]).1, Woven { all: vec![7], constant });
        }
    }

    #[test]
    fn what_would_not_parse_is_left_out() {
        for (source, from, to) in [
            ("fn f() -> bool { a as usize > b }", ">", "<"),
            ("fn f() { if let Some(a) = b && c {} }", "&&", "||"),
            ("fn f() { if c && let Some(a) = b && d {} }", "&& d", "|| d"),
        ] {
            let mutant = mutant(source, "BinaryOperator", from, to);
            assert_eq!(weave(source, &[(7, &mutant)]), (source.into(), Woven::default()));
        }
    }
}
