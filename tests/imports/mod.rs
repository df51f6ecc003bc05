//! Which file of a crate imports what from which other file, read from the text of the files.

mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use tokens::{tokens, without_tests};

/// A file of the crate: its path below `src`, and its text.
pub type File = (String, String);

/// One import: a `use`, or a path in the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The file that imports, and the file in which the path ends.
    pub from: String,
    pub to: String,
    /// The path, for messages.
    pub path: String,
    /// What the path names in `to`; `*`: all of it. `None`: the module itself.
    pub item: Option<String>,
    /// A `pub use` in a `mod.rs` or `lib.rs`.
    pub is_reexport: bool,
}

/// The path of a module, from the root of the crate.
type Module = Vec<String>;

/// Whether a file only puts a folder together, by its name.
pub fn is_folder(file: &str) -> bool {
    file == "lib.rs" || file.ends_with("/mod.rs")
}

/// The module of a file.
fn module_of(file: &str) -> Module {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').filter(|name| *name != "lib").map(String::from).collect()
}

/// All modules of a crate, inline ones too, and what the files of folders define themselves.
pub struct Crate<'t> {
    code: Vec<(&'t str, Vec<&'t str>)>,
    modules: BTreeMap<Module, String>,
    defined: BTreeMap<String, BTreeSet<String>>,
}

impl<'t> Crate<'t> {
    pub fn new(files: &'t [File]) -> Self {
        let code: Vec<_> = files.iter().map(|(file, text)| (&file[..], without_tests(tokens(text)))).collect();
        let mut modules: BTreeMap<_, _> = files.iter().map(|(file, _)| (module_of(file), file.clone())).collect();
        let mut defined = BTreeMap::new();
        for (file, tokens) in &code {
            let mut names = BTreeSet::new();
            walk(tokens, module_of(file), |at, module| {
                match &tokens[at..] {
                    ["mod", name, "{", ..] => {
                        modules.insert([module, &[name.to_string()]].concat(), file.to_string());
                        names.insert(name.to_string());
                    }
                    ["fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static", name, ..] => {
                        names.insert(name.to_string());
                    }
                    ["macro_rules", "!", name, ..] => {
                        names.insert(name.to_string());
                    }
                    _ => {}
                }
                1
            });
            defined.insert(file.to_string(), names);
        }
        Self { code, modules, defined }
    }

    /// Whether a file defines this name, and does not only pass it on.
    pub fn defines(&self, file: &str, name: &str) -> bool {
        self.defined.get(file).is_some_and(|names| names.contains(name))
    }

    /// All imports between files, unit tests left out, in the order of the files.
    pub fn imports(&self) -> Vec<Import> {
        let mut found = vec![];
        for (file, tokens) in &self.code {
            // modules that have a name in this file, for the paths in its code
            let mut named = BTreeMap::new();
            walk(tokens, module_of(file), |at, module| {
                let before = |n: usize| at.checked_sub(n).map_or("", |at| tokens[at]);
                match &tokens[at..] {
                    ["use", next, ..] if *next != "<" => {
                        let (mut uses, mut end) = (vec![], at + 1);
                        tree(tokens, &mut end, &[], &mut uses);
                        let is_reexport = is_folder(file) && matches!(before(1), "pub" | ")");
                        for (path, name) in uses {
                            if let Some((module, [])) = self.lead(module, &path, &BTreeMap::new()) {
                                named.insert(name, module);
                            }
                            found.extend(self.import(file, module, &path, &BTreeMap::new(), is_reexport));
                        }
                        end - at
                    }
                    // a path, but not that of a visibility: `pub(in path)`
                    [first, "::", ..]
                        if is_name(first) && before(1) != "::" && (before(1), before(2)) != ("in", "(") =>
                    {
                        let mut end = at + 1;
                        while let ["::", next, ..] = &tokens[end..]
                            && is_name(next)
                        {
                            end += 2;
                        }
                        let path: Vec<_> = tokens[at..end].iter().step_by(2).map(|name| name.to_string()).collect();
                        // a macro is in no module
                        if tokens.get(end).is_none_or(|next| *next != "!") {
                            found.extend(self.import(file, module, &path, &named, false));
                        }
                        end - at
                    }
                    _ => 1,
                }
            });
        }
        found.dedup();
        found
    }

    /// The module to which a path leads that is written in this module, and what is left of the path: what it names there. `None`:
    /// it leads to another crate, or begins with a name of this module.
    fn lead<'p>(
        &self,
        module: &[String],
        path: &'p [String],
        named: &BTreeMap<String, Module>,
    ) -> Option<(Module, &'p [String])> {
        let (first, mut rest) = path.split_first()?;
        let mut at = module.to_vec();
        match &first[..] {
            "crate" => at.clear(),
            "self" => {}
            "super" => {
                at.pop();
                while rest.first().is_some_and(|name| name == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            child if self.modules.contains_key(&[module, &[child.to_string()]].concat()) => rest = path,
            name => at = named.get(name)?.clone(),
        }
        while let Some((name, more)) = rest.split_first()
            && self.modules.contains_key(&[&at[..], std::slice::from_ref(name)].concat())
        {
            at.push(name.clone());
            rest = more;
        }
        Some((at, rest))
    }

    /// The import that a path is, if it leads to another file.
    fn import(
        &self,
        from: &str,
        module: &[String],
        path: &[String],
        named: &BTreeMap<String, Module>,
        is_reexport: bool,
    ) -> Option<Import> {
        let (at, rest) = self.lead(module, path, named)?;
        let to = self.modules.get(&at)?.clone();
        // the name of a folder is no import yet: what is found by it is one
        let item = rest.first().cloned();
        let is_import = to != from && (item.is_some() || !is_folder(&to));
        is_import.then(|| Import { from: from.into(), to, path: path.join("::"), item, is_reexport })
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Goes through tokens with the module that each is in. What is called returns how many tokens it has read.
fn walk(tokens: &[&str], file: Module, mut see: impl FnMut(usize, &[String]) -> usize) {
    let (mut module, mut depth, mut inner, mut at) = (file, 0, vec![], 0);
    while at < tokens.len() {
        let next = at + see(at, &module).max(1);
        while at < next.min(tokens.len()) {
            match tokens[at] {
                "{" => {
                    depth += 1;
                    if at >= 2 && tokens[at - 2] == "mod" {
                        module.push(tokens[at - 1].to_string());
                        inner.push(depth);
                    }
                }
                "}" => {
                    if inner.last() == Some(&depth) {
                        inner.pop();
                        module.pop();
                    }
                    depth -= 1;
                }
                _ => {}
            }
            at += 1;
        }
    }
}

/// The paths of a `use`, from here to its semicolon, comma or closing brace, each with the name that it has here.
fn tree(tokens: &[&str], at: &mut usize, prefix: &[String], uses: &mut Vec<(Vec<String>, String)>) {
    let (mut path, mut name) = (prefix.to_vec(), prefix.last().cloned().unwrap_or_default());
    while let Some(token) = tokens.get(*at) {
        match *token {
            "::" => {}
            "{" => {
                *at += 1;
                while tokens.get(*at).is_some_and(|token| *token != "}") {
                    tree(tokens, at, &path, uses);
                    *at += usize::from(tokens.get(*at).is_some_and(|token| *token == ","));
                }
                *at += 1;
                return;
            }
            "as" => {
                *at += 1;
                name = tokens.get(*at).unwrap_or(&"_").to_string();
            }
            "," | ";" | "}" => break,
            // `{self}` is the module before the brace
            "self" if !path.is_empty() => {}
            _ => {
                name = token.to_string();
                path.push(token.to_string());
            }
        }
        *at += 1;
    }
    uses.push((path, name));
}
