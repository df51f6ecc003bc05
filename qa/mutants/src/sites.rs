//! What the syntax tree tells of the places where mutants stand, in bytes of the file.

use crate::Place;
use proc_macro2::{LineColumn, Span};
use std::collections::HashMap;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Where each line of a file begins, to turn lines and columns into bytes.
pub struct Lines<'s> {
    source: &'s str,
    starts: Vec<usize>,
}

impl<'s> Lines<'s> {
    pub fn new(source: &'s str) -> Self {
        let after_each = source.match_indices('\n').map(|(at, _)| at + 1);
        Self { source, starts: [0].into_iter().chain(after_each).collect() }
    }

    pub fn byte(&self, place: Place) -> usize {
        let start = self.starts[place.line - 1];
        let line = &self.source[start..];
        start + line.char_indices().nth(place.column - 1).map_or(line.len(), |(at, _)| at)
    }

    fn byte_of(&self, place: LineColumn) -> usize {
        self.byte(Place { line: place.line, column: place.column + 1 })
    }

    fn range(&self, span: Span) -> Range<usize> {
        self.byte_of(span.start())..self.byte_of(span.end())
    }
}

/// An arm of a `match`.
pub struct Arm {
    pub pattern_end: usize,
    pub guard: Option<Range<usize>>,
}

/// Expressions and arms by the byte at which the part begins that a mutant changes.
pub struct Sites<'s> {
    lines: Lines<'s>,
    /// The whole expression, by its operator.
    pub operators: HashMap<usize, Range<usize>>,
    /// By the start of the pattern.
    pub arms: HashMap<usize, Arm>,
    /// The whole struct expression, by the start of each of its fields.
    pub fields: HashMap<usize, Range<usize>>,
    /// The bodies of functions.
    pub at_run_time: Vec<Range<usize>>,
    /// What the compiler may evaluate inside of them: the bodies of `const fn`, and constants.
    pub constant: Vec<Range<usize>>,
}

impl<'s> Sites<'s> {
    pub fn of(source: &'s str) -> Self {
        let tree = syn::parse_file(source).expect("the source parses");
        let mut sites = Self {
            lines: Lines::new(source),
            operators: HashMap::new(),
            arms: HashMap::new(),
            fields: HashMap::new(),
            at_run_time: Vec::new(),
            constant: Vec::new(),
        };
        sites.visit_file(&tree);
        sites
    }
}

impl Sites<'_> {
    fn function(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let body = self.lines.range(body.span());
        if signature.constness.is_some() {
            self.constant.push(body.clone());
        }
        self.at_run_time.push(body);
    }
}

impl<'ast> Visit<'ast> for Sites<'_> {
    fn visit_item_fn(&mut self, it: &'ast syn::ItemFn) {
        self.function(&it.sig, &it.block);
        visit::visit_item_fn(self, it);
    }

    fn visit_impl_item_fn(&mut self, it: &'ast syn::ImplItemFn) {
        self.function(&it.sig, &it.block);
        visit::visit_impl_item_fn(self, it);
    }

    fn visit_trait_item_fn(&mut self, it: &'ast syn::TraitItemFn) {
        if let Some(block) = &it.default {
            self.function(&it.sig, block);
        }
        visit::visit_trait_item_fn(self, it);
    }

    fn visit_item_const(&mut self, it: &'ast syn::ItemConst) {
        self.constant.push(self.lines.range(it.expr.span()));
        visit::visit_item_const(self, it);
    }

    fn visit_expr_const(&mut self, it: &'ast syn::ExprConst) {
        self.constant.push(self.lines.range(it.block.span()));
        visit::visit_expr_const(self, it);
    }

    fn visit_expr_binary(&mut self, it: &'ast syn::ExprBinary) {
        if !is_let_chain(it) {
            self.operators.insert(self.lines.range(it.op.span()).start, self.lines.range(it.span()));
        }
        visit::visit_expr_binary(self, it);
    }

    fn visit_expr_unary(&mut self, it: &'ast syn::ExprUnary) {
        self.operators.insert(self.lines.range(it.op.span()).start, self.lines.range(it.span()));
        visit::visit_expr_unary(self, it);
    }

    fn visit_arm(&mut self, it: &'ast syn::Arm) {
        let guard = it.guard.as_ref().map(|(_, guard)| self.lines.range(guard.span()));
        let arm = Arm { pattern_end: self.lines.range(it.pat.span()).end, guard };
        self.arms.insert(self.lines.range(it.pat.span()).start, arm);
        visit::visit_arm(self, it);
    }

    fn visit_expr_struct(&mut self, it: &'ast syn::ExprStruct) {
        let whole = self.lines.range(it.span());
        for field in &it.fields {
            self.fields.insert(self.lines.range(field.span()).start, whole.clone());
        }
        visit::visit_expr_struct(self, it);
    }
}

/// Whether a `let` is an operand, which only a condition itself may have.
fn is_let_chain(it: &syn::ExprBinary) -> bool {
    [&it.left, &it.right].into_iter().any(|operand| match &**operand {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(inner) => is_let_chain(inner),
        _ => false,
    })
}
