//! What the syntax tree tells of the places where mutants stand, in bytes of the file.

use crate::Place;
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
}

/// An arm of a `match`.
pub struct Arm {
    pub pattern_end: usize,
    pub guard: Option<Range<usize>>,
}

/// Expressions and arms by the byte at which the part begins that a mutant changes.
#[derive(Default)]
pub struct Sites {
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

impl Sites {
    pub fn of(source: &str) -> Self {
        let tree = syn::parse_file(source).expect("the source parses");
        let mut sites = Self::default();
        sites.visit_file(&tree);
        sites
    }

    fn function(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let body = body.span().byte_range();
        if signature.constness.is_some() {
            self.constant.push(body.clone());
        }
        self.at_run_time.push(body);
    }
}

impl<'ast> Visit<'ast> for Sites {
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
        self.constant.push(it.expr.span().byte_range());
        visit::visit_item_const(self, it);
    }

    fn visit_expr_const(&mut self, it: &'ast syn::ExprConst) {
        self.constant.push(it.block.span().byte_range());
        visit::visit_expr_const(self, it);
    }

    fn visit_expr_binary(&mut self, it: &'ast syn::ExprBinary) {
        if !is_let_chain(it) {
            self.operators.insert(it.op.span().byte_range().start, it.span().byte_range());
        }
        visit::visit_expr_binary(self, it);
    }

    fn visit_expr_unary(&mut self, it: &'ast syn::ExprUnary) {
        self.operators.insert(it.op.span().byte_range().start, it.span().byte_range());
        visit::visit_expr_unary(self, it);
    }

    fn visit_arm(&mut self, it: &'ast syn::Arm) {
        let guard = it.guard.as_ref().map(|(_, guard)| guard.span().byte_range());
        let arm = Arm { pattern_end: it.pat.span().byte_range().end, guard };
        self.arms.insert(it.pat.span().byte_range().start, arm);
        visit::visit_arm(self, it);
    }

    fn visit_expr_struct(&mut self, it: &'ast syn::ExprStruct) {
        let whole = it.span().byte_range();
        for field in &it.fields {
            self.fields.insert(field.span().byte_range().start, whole.clone());
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
