//! What is deleted: the syntax node that begins where a comment ends, and how the code reads without it.

use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Arm, BinOp, Block, Expr, ExprIf, ExprMatch, Lit, Local, Pat, Stmt, Type};

/// One edit: what is done, in words, and the bytes of the file that become another text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub what: String,
    pub range: Range<usize>,
    pub text: String,
}

/// All that must turn a test red. Each way is a row of edits that mean the same, best first: the first that compiles is tried.
/// A condition has two ways: without the rule it is always false, or always true.
pub type Ways = Vec<Vec<Edit>>;

/// How the code that begins at this byte is deleted, if it is a syntax node that can be.
pub fn ways(source: &str, at: usize) -> Result<Ways, String> {
    let file = syn::parse_file(source).map_err(|error| error.to_string())?;
    // a comment at the end of a block may be about the `else` that follows it
    let rest = &source[at..];
    let at = match rest.strip_prefix('}').map(str::trim_start) {
        Some(behind) if behind.starts_with("else") => at + rest.len() - behind.len(),
        _ => at,
    };
    let mut finder = Finder { source, at, found: None };
    finder.visit_file(&file);
    let mut ways = finder.found.ok_or("no statement, expression or arm begins below the comment")?;
    for way in &mut ways {
        way.retain(|edit| squeezed(&source[edit.range.clone()]) != squeezed(&edit.text));
    }
    ways.retain(|way| !way.is_empty());
    if ways.is_empty() { Err("nothing can be deleted here".into()) } else { Ok(ways) }
}

/// A text without white space, to see whether two are the same code.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

fn range(node: &impl Spanned) -> Range<usize> {
    node.span().byte_range()
}

fn start(span: Span) -> usize {
    span.byte_range().start
}

struct Finder<'s> {
    source: &'s str,
    at: usize,
    found: Option<Ways>,
}

impl Finder<'_> {
    fn text(&self, node: &impl Spanned) -> &str {
        &self.source[range(node)]
    }

    fn is_here(&self, node: &impl Spanned) -> bool {
        range(node).start == self.at
    }

    fn edit(&self, what: &str, range: Range<usize>, text: impl Into<String>) -> Edit {
        Edit { what: what.into(), range, text: text.into() }
    }

    /// A condition that no longer decides.
    fn frozen(&self, condition: &Expr) -> Ways {
        let freeze = |value: &str| vec![self.edit(&format!("the condition is {value}"), range(condition), value)];
        vec![freeze("false"), freeze("true")]
    }

    /// The condition of an `if`. One that binds names cannot be true without them: its `else` branch takes its place.
    fn of_if(&self, it: &ExprIf) -> Ways {
        if has_let(&it.cond) {
            let otherwise = it.else_branch.as_ref().map_or("{}", |(_, branch)| self.text(branch));
            let whole = range(it);
            return vec![vec![
                self.edit("the branch is never taken", whole.clone(), otherwise),
                self.edit("the `if` is deleted", whole, ""),
            ]];
        }
        self.frozen(&it.cond)
    }

    /// An arm: its guard no longer decides; without a guard, it is gone, or does what a neighbour does.
    fn of_arm(&self, arm: &Arm, all: &ExprMatch) -> Ways {
        if let Some((token, guard)) = &arm.guard
            && !has_let(guard)
        {
            let whole = start(token.span)..range(guard).end;
            return vec![
                vec![self.edit("the guard is false", range(guard), "false")],
                vec![self.edit("the guard is deleted", whole, "")],
            ];
        }
        let mut end = range(arm).end;
        if let Some(comma) = &arm.comma {
            end = comma.span.byte_range().end;
        }
        let mut way = vec![self.edit("the arm is deleted", range(arm).start..end, "")];
        let here = all.arms.iter().position(|other| self.is_here(other)).unwrap_or_default();
        let (before, after) = all.arms.split_at(here);
        for other in after.iter().skip(1).chain(before.iter().rev()) {
            way.push(self.edit("the arm does what another one does", range(&*arm.body), self.text(&*other.body)));
        }
        way.extend(self.neutral(&arm.body));
        vec![way]
    }

    fn of_statement(&self, statement: &Stmt, is_value: bool) -> Ways {
        let delete = self.edit("the statement is deleted", range(statement), "");
        match statement {
            Stmt::Local(local) => self.of_local(local),
            Stmt::Expr(Expr::If(it), _) => self.of_if(it),
            Stmt::Expr(Expr::While(it), _) if !has_let(&it.cond) => {
                vec![vec![self.edit("the loop is never entered", range(&it.cond), "false")]]
            }
            Stmt::Expr(value, None) if is_value => self.of_value(value),
            Stmt::Expr(Expr::Return(it), _) => {
                let mut way = vec![delete];
                way.extend(it.expr.iter().flat_map(|value| self.neutral(value)));
                vec![way]
            }
            Stmt::Expr(value, _) => {
                let mut way = vec![delete];
                way.extend(self.neutral(value));
                vec![way]
            }
            Stmt::Macro(_) => vec![vec![delete]],
            Stmt::Item(item) => self.of_item(item),
        }
    }

    /// A binding: without the test of its `else`, or without the last thing that is done to its value.
    fn of_local(&self, local: &Local) -> Ways {
        let Some(init) = &local.init else { return vec![] };
        let mut way = vec![];
        if let Some((_, otherwise)) = &init.diverge {
            let mut literals = Literals(vec![]);
            literals.visit_pat(&local.pat);
            for literal in literals.0 {
                way.push(self.edit("the pattern fits any value", literal, "_"));
            }
            for text in [
                "{ return Ok(Default::default()) }",
                "{ return Default::default() }",
                "{ return Ok(()) }",
                "{ return None }",
                "{ return }",
                "{ continue }",
                "{ break }",
            ] {
                way.push(self.edit("the `else` reports nothing", range(&**otherwise), text));
            }
            return vec![way];
        }
        self.of_value(&init.expr)
    }

    /// A value: if it is a condition, one that no longer decides; otherwise what is left without its last step, or an empty one.
    fn of_value(&self, value: &Expr) -> Ways {
        match value {
            Expr::If(it) => self.of_if(it),
            Expr::Paren(it) => self.of_value(&it.expr),
            _ if is_condition(value) => self.frozen(value),
            _ => vec![self.neutral(value)],
        }
    }

    /// What may take the place of a value, best first.
    fn neutral(&self, value: &Expr) -> Vec<Edit> {
        let whole = range(value);
        let mut edits = vec![];
        // without a link of a chain of calls, the last one first
        let mut link = value;
        while let Some(inner) = match link {
            Expr::MethodCall(it) => Some(&*it.receiver),
            Expr::Try(it) => Some(&*it.expr),
            Expr::Cast(it) => Some(&*it.expr),
            _ => None,
        } {
            if let Expr::MethodCall(it) = link {
                let dropped = range(&*it.receiver).end..range(it).end;
                edits.push(self.edit(&format!("`.{}(…)` is deleted", it.method), dropped, ""));
            }
            link = inner;
        }
        match value {
            Expr::Binary(it) => {
                edits.push(self.edit("the right operand is deleted", range(&*it.left).end..whole.end, ""));
                edits.push(self.edit("the left operand is deleted", whole.start..range(&*it.right).start, ""));
            }
            Expr::Lit(it) => match &it.lit {
                // of the same length, so that arrays keep their type
                Lit::Str(_) | Lit::ByteStr(_) => edits.push(self.crossed_out(it)),
                Lit::Int(_) => {
                    edits.push(self.edit("the number is one more", whole.clone(), format!("({} + 1)", self.text(it))))
                }
                Lit::Bool(it) => edits.push(self.edit("the value is inverted", whole.clone(), (!it.value).to_string())),
                _ => {}
            },
            Expr::Closure(it) => edits.extend(self.neutral(&it.body)),
            Expr::Struct(it) => edits.extend(it.fields.iter().flat_map(|field| self.neutral(&field.expr))),
            // a call of a variant or of a newtype keeps its shape
            Expr::Call(it) => edits.extend(it.args.iter().flat_map(|argument| self.neutral(argument))),
            _ => {}
        }
        for text in [
            "Default::default()",
            "None",
            "Ok(Default::default())",
            "Ok(())",
            "Ok(None)",
            "false",
            "0",
            "\"\"",
            "return",
            "{}",
        ] {
            edits.push(self.edit("an empty value takes its place", whole.clone(), text));
        }
        edits
    }

    fn crossed_out(&self, literal: &impl Spanned) -> Edit {
        self.edit("the text is another", range(literal), crossed_out(self.text(literal)))
    }

    /// An element of an array or a tuple: it is gone, or is as one beside it.
    fn of_element<'e>(&self, elements: impl Iterator<Item = &'e Expr> + Clone) -> Option<Ways> {
        let here = elements.clone().find(|element| self.is_here(*element))?;
        let place = range(here);
        let comma = usize::from(self.source[place.end..].starts_with(','));
        let mut way = vec![self.edit("the element is deleted", place.start..place.end + comma, "")];
        if matches!(here, Expr::Lit(_)) {
            way.extend(self.neutral(here));
        }
        let others = elements.filter(|other| range(*other) != place);
        way.extend(others.map(|other| self.edit("the element is as another one", place.clone(), self.text(other))));
        Some(vec![way])
    }

    fn of_constant(&self, ty: &Type, value: &Expr) -> Ways {
        let (whole, text) = (range(value), self.text(value));
        let mut way: Vec<_> = match value {
            Expr::Lit(_) => self.neutral(value),
            _ => vec![],
        };
        for other in [format!("({text}) + 1"), format!("!({text})"), "0".into(), "\"\"".into(), "&[]".into()] {
            way.push(self.edit("the constant is another", whole.clone(), other));
        }
        if let Type::Array(array) = ty {
            way.push(self.edit("the table is empty", whole, format!("[0; {}]", self.text(&array.len))));
        }
        vec![way]
    }

    fn of_item(&self, item: &syn::Item) -> Ways {
        match item {
            syn::Item::Const(it) => self.of_constant(&it.ty, &it.expr),
            syn::Item::Static(it) => self.of_constant(&it.ty, &it.expr),
            syn::Item::Fn(it) => self.of_body(&it.block),
            _ => vec![],
        }
    }

    /// A function that does nothing.
    fn of_body(&self, body: &Block) -> Ways {
        let values =
            ["", "Default::default()", "None", "Ok(Default::default())", "Ok(())", "Ok(None)", "false", "0", "\"\""];
        let edit = |value| self.edit("the function does nothing", range(body), format!("{{ {value} }}"));
        vec![values.map(edit).to_vec()]
    }

    fn set(&mut self, ways: Ways) {
        self.found.get_or_insert(ways);
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, it: &'ast syn::Item) {
        if self.is_here(it) {
            self.set(self.of_item(it));
        }
        visit::visit_item(self, it);
    }

    fn visit_impl_item(&mut self, it: &'ast syn::ImplItem) {
        if self.is_here(it) {
            match it {
                syn::ImplItem::Const(it) => self.set(self.of_constant(&it.ty, &it.expr)),
                syn::ImplItem::Fn(it) => self.set(self.of_body(&it.block)),
                _ => {}
            }
        }
        visit::visit_impl_item(self, it);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        for (i, statement) in block.stmts.iter().enumerate() {
            if self.is_here(statement) {
                let is_value = i + 1 == block.stmts.len() && matches!(statement, Stmt::Expr(_, None));
                self.set(self.of_statement(statement, is_value));
            }
        }
        visit::visit_block(self, block);
    }

    fn visit_expr_match(&mut self, it: &'ast ExprMatch) {
        if let Some(arm) = it.arms.iter().find(|arm| self.is_here(*arm)) {
            self.set(self.of_arm(arm, it));
        }
        visit::visit_expr_match(self, it);
    }

    fn visit_expr_if(&mut self, it: &'ast ExprIf) {
        if let Some((token, branch)) = &it.else_branch
            && start(token.span) == self.at
        {
            match &**branch {
                Expr::If(next) => self.set(self.of_if(next)),
                _ => self.set(vec![vec![self.edit("the `else` is never taken", range(&*it.cond), "true")]]),
            }
        }
        visit::visit_expr_if(self, it);
    }

    fn visit_expr_binary(&mut self, it: &'ast syn::ExprBinary) {
        let whole = range(it);
        if start(it.op.span()) == self.at {
            let left_over = range(&*it.left).end..whole.end;
            self.set(vec![vec![self.edit("the operand is deleted", left_over, "")]]);
        }
        visit::visit_expr_binary(self, it);
    }

    fn visit_expr_method_call(&mut self, it: &'ast syn::ExprMethodCall) {
        if start(it.dot_token.span) == self.at {
            let link = self.at..range(it).end;
            self.set(vec![vec![self.edit("the call is deleted", link, "")]]);
        }
        visit::visit_expr_method_call(self, it);
    }

    fn visit_macro(&mut self, it: &'ast syn::Macro) {
        // what a macro makes of its tokens is not known; a string among them may be another
        for token in it.tokens.clone() {
            if let proc_macro2::TokenTree::Literal(literal) = token
                && self.is_here(&literal)
                && self.text(&literal).contains('"')
            {
                self.set(vec![vec![self.crossed_out(&literal)]]);
            }
        }
        visit::visit_macro(self, it);
    }

    fn visit_field_value(&mut self, it: &'ast syn::FieldValue) {
        if self.is_here(it) {
            self.set(self.of_value(&it.expr));
        }
        visit::visit_field_value(self, it);
    }

    fn visit_expr_array(&mut self, it: &'ast syn::ExprArray) {
        if let Some(ways) = self.of_element(it.elems.iter()) {
            self.set(ways);
        }
        visit::visit_expr_array(self, it);
    }

    fn visit_expr(&mut self, it: &'ast Expr) {
        if self.is_here(it) {
            // the first operand of a condition that is written in several lines
            if let Expr::Binary(condition) = it
                && is_logic(&condition.op)
            {
                let mut first = condition;
                while let Expr::Binary(left) = &*first.left
                    && is_logic(&left.op)
                {
                    first = left;
                }
                let operand = self.at..range(&*first.right).start;
                self.set(vec![vec![self.edit("the operand is deleted", operand, "")]]);
            }
            self.set(self.of_value(it));
        }
        visit::visit_expr(self, it);
    }

    fn visit_pat_or(&mut self, it: &'ast syn::PatOr) {
        for pair in it.cases.pairs() {
            if let (case, Some(bar)) = pair.into_tuple()
                && start(bar.span) == self.at
            {
                // up to the end of the next case
                let next = it.cases.iter().find(|next| range(*next).start > range(case).start);
                let end = next.map_or(self.at, |next| range(next).end);
                self.set(vec![vec![self.edit("the pattern is deleted", self.at..end, "")]]);
            }
        }
        visit::visit_pat_or(self, it);
    }
}

/// The places of the literals in a pattern.
struct Literals(Vec<Range<usize>>);

impl<'ast> Visit<'ast> for Literals {
    fn visit_pat(&mut self, it: &'ast Pat) {
        if matches!(it, Pat::Lit(_) | Pat::Range(_)) {
            self.0.push(range(it));
        }
        visit::visit_pat(self, it);
    }
}

fn is_logic(op: &BinOp) -> bool {
    matches!(op, BinOp::And(_) | BinOp::Or(_))
}

fn has_let(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(it) => has_let(&it.left) || has_let(&it.right),
        Expr::Paren(it) => has_let(&it.expr),
        _ => false,
    }
}

/// Whether an expression is a `bool` by its form.
fn is_condition(value: &Expr) -> bool {
    match value {
        Expr::Binary(it) => {
            is_logic(&it.op)
                || matches!(
                    it.op,
                    BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_)
                )
        }
        Expr::Unary(it) => matches!(it.op, syn::UnOp::Not(_)) && is_condition(&it.expr),
        Expr::Macro(it) => it.mac.path.is_ident("matches"),
        Expr::Paren(it) => is_condition(&it.expr),
        _ => false,
    }
}

/// A string literal whose letters are all `x`. Escapes and quotes stay.
fn crossed_out(literal: &str) -> String {
    let (mut escaped, mut out) = (false, String::new());
    let (prefix, text) = literal.split_at(literal.find('"').unwrap_or_default());
    out += prefix;
    for letter in text.chars() {
        out.push(if letter.is_ascii_alphabetic() && !escaped { 'x' } else { letter });
        escaped = letter == '\\';
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the first edit of each way makes of the code below `// HERE`, on one line.
    fn first(body: &str) -> Vec<String> {
        let source = format!("fn f() {{ {} }}", body.trim());
        let mark = source.find("// HERE").unwrap() + "// HERE".len();
        let at = mark + source[mark..].find(|c: char| !c.is_whitespace()).unwrap();
        let made = |edit: &Edit| {
            format!("{}{}{}", &source[at..edit.range.start.max(at)], edit.text, &source[edit.range.end..])
        };
        let shown = |text: String| {
            text.split_whitespace().collect::<Vec<_>>().join(" ").strip_suffix(" }").unwrap().to_string()
        };
        ways(&source, at).unwrap().iter().map(|way| shown(made(&way[0]))).collect()
    }

    #[test]
    fn a_condition_no_longer_decides() {
        assert_eq!(first("// HERE\nif a > b { return; }"), ["if false { return; }", "if true { return; }"]);
        assert_eq!(first("if c {}\n// HERE\nelse if a { x() }"), ["else if false { x() }", "else if true { x() }"]);
        assert_eq!(
            first("if c {\n// HERE\n} else if a { x() }"),
            ["} else if false { x() }", "} else if true { x() }"]
        );
        assert_eq!(first("// HERE\na == b"), ["false", "true"]);
        assert_eq!(first("let x =\n// HERE\nmatches!(a, 1 | 2);"), ["false;", "true;"]);
    }

    #[test]
    fn a_condition_that_binds_is_never_taken() {
        assert_eq!(first("// HERE\nif let Some(x) = y { g(x) }"), ["{}"]);
        assert_eq!(first("// HERE\nif let Some(x) = y && x > 1 { g(x) } else { h() }"), ["{ h() }"]);
    }

    #[test]
    fn an_operand_is_deleted() {
        assert_eq!(first("if a\n// HERE\n|| b\n|| c {}"), ["|| c {}"]);
        assert_eq!(first("if a\n|| b\n// HERE\n|| c {}"), ["{}"]);
        assert_eq!(first("if\n// HERE\na\n|| b || c {}"), ["b || c {}"]);
    }

    #[test]
    fn an_arm_loses_its_guard_or_is_deleted() {
        assert_eq!(
            first("match x {\n// HERE\n1 if a => b(),\n_ => {}\n}"),
            ["1 if false => b(), _ => {} }", "1 => b(), _ => {} }"]
        );
        assert_eq!(first("match x {\n// HERE\n1 => b(),\n_ => {}\n}"), ["_ => {} }"]);
        let source = "fn f() { match x { 1 => a, 2 => b } }";
        let all = ways(source, source.find("2 =>").unwrap()).unwrap();
        assert_eq!((&source[all[0][1].range.clone()], &all[0][1].text[..]), ("b", "a"));
    }

    #[test]
    fn a_statement_is_deleted() {
        assert_eq!(first("// HERE\nself.at = At::End; g();"), ["; g();"].map(|it| it.trim_start_matches("; ")));
        assert_eq!(first("// HERE\ncheck(x)?; g();"), ["g();"]);
        assert_eq!(first("// HERE\nreturn Err(e); g();"), ["g();"]);
    }

    #[test]
    fn a_binding_loses_its_test_or_its_last_step() {
        assert_eq!(
            first("// HERE\nlet [a, b'='] = t else { return Err(e) };"),
            ["let [a, _] = t else { return Err(e) };"]
        );
        assert_eq!(
            first("// HERE\nlet Some(a) = t else { return Err(e) };"),
            ["let Some(a) = t else { return Ok(Default::default()) };"]
        );
        assert_eq!(first("// HERE\nlet key = self.key.at(n);"), ["let key = self.key;"]);
        assert_eq!(first("p.parse()\n// HERE\n.filter(|p| *p > 0).ok()"), [".ok()"]);
        assert_eq!(first("// HERE\nlet x = a << 8 | b;"), ["let x = a << 8;"]);
    }

    #[test]
    fn a_pattern_is_deleted() {
        assert_eq!(first("match x { 1\n// HERE\n| 2 | 3 => a, _ => b }"), ["| 3 => a, _ => b }"]);
    }

    #[test]
    fn elements_and_constants_are_others() {
        assert_eq!(first("g(&[\n// HERE\n\"ab\", \"cd\"]);"), ["\"cd\"]);"]);
        assert_eq!(first("const A: u8 = 1;\n// HERE\nconst B: u8 = 125; g();"), ["const B: u8 = (125 + 1); g();"]);
        assert_eq!(first("concat!(\n// HERE\n\"4ab\\n\", \"c\");"), ["\"4xx\\n\", \"c\");"]);
        assert_eq!(crossed_out(r#"b"5no\r\n""#), r#"b"5xx\r\n""#);
    }

    #[test]
    fn where_nothing_begins_nothing_is_deleted() {
        let source = "fn f() { a(b, c) }";
        assert!(ways(source, source.find(')').unwrap()).is_err());
    }
}
