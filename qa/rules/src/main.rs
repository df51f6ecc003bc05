//! Deletes what enforces each rule of `rules.txt`, one place at a time, in a copy of the crate, and checks that tests go red.

mod site;
mod tags;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;

use site::{Edit, Ways};
use tags::{Keeper, List};
use trial::{BUILDS, Told, Trial};

const USAGE: &str = "\
qa/rules/run [--list] [--jobs N] [ID]...

Deletes the `if`, arm or statement below each tag in src/, one place at a time, in a copy of the crate. Then the tests run
that have the tag in their comment, and all tests if those are green.

  OK       a test with the tag goes red
  OTHERS   only tests without the tag go red
  LOST     no test goes red: the rule is not tested, and the exit status is 1
  STUCK    nothing that was tried compiles, or no code begins below the tag: the exit status is 1

  ID       tries these rules only
  --list   prints what would be deleted, and runs nothing
  --jobs   copies of the crate that work at the same time; 2 if it is not given";

/// A tagged place, and what to do with it.
struct Place {
    file: PathBuf,
    line: usize,
    ids: Vec<String>,
    ways: Result<Ways, String>,
}

/// What became of a place. The order is from good to bad.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Verdict {
    Ok,
    Others,
    Lost,
    Stuck,
}

impl Verdict {
    /// Of two ways to delete a place, one that no test sees counts, and otherwise the one that the place's own tests see.
    fn is_hidden_by(self, other: Self) -> bool {
        match other {
            Self::Lost => true,
            Self::Stuck => false,
            _ => self == Self::Stuck || other < self && self != Self::Lost,
        }
    }
}

struct Options {
    list: bool,
    jobs: usize,
    ids: Vec<String>,
}

fn options() -> Result<Options, String> {
    let mut options = Options { list: false, jobs: 2, ids: vec![] };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match &argument[..] {
            "--list" => options.list = true,
            "--jobs" => {
                let number = arguments.next().and_then(|number| number.parse().ok());
                options.jobs = number.filter(|jobs| *jobs > 0).ok_or(USAGE)?;
            }
            _ if argument.starts_with('-') => return Err(USAGE.into()),
            _ => options.ids.push(argument),
        }
    }
    Ok(options)
}

/// All files with Rust code below a folder, in order.
fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = vec![];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn places(root: &Path, list: &List, wanted: &[String]) -> io::Result<Vec<Place>> {
    let mut places = vec![];
    for path in sources(&root.join("src"))? {
        let source = fs::read_to_string(&path)?;
        for tagged in tags::tagged(&source, list) {
            let ids: Vec<_> = tagged.ids.into_iter().filter(|id| wanted.is_empty() || wanted.contains(id)).collect();
            if !ids.is_empty() {
                let file = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
                places.push(Place { file, line: tagged.line, ids, ways: site::ways(&source, tagged.code) });
            }
        }
    }
    Ok(places)
}

/// The tests that have a tag in their comment, as the program of all tests names them.
fn tests(root: &Path, list: &List) -> io::Result<BTreeMap<String, BTreeSet<String>>> {
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    for path in fs::read_dir(root.join("tests"))? {
        let path = path?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.file_stem().unwrap_or_default().to_string_lossy();
            for (id, names) in tags::tests(&fs::read_to_string(&path)?, list) {
                found.entry(id).or_default().extend(names.iter().map(|name| format!("{file}::{name}")));
            }
        }
    }
    Ok(found)
}

/// What tests say of one way to delete a place, for each of its ids, and a line about it.
fn judge(
    trial: &Trial,
    place: &Place,
    way: &[Edit],
    tests: &BTreeMap<String, BTreeSet<String>>,
) -> io::Result<(Vec<Verdict>, String)> {
    let none = BTreeSet::new();
    let of = |id: &String| tests.get(id).unwrap_or(&none);
    let own: Vec<_> = place.ids.iter().flat_map(of).cloned().collect::<BTreeSet<_>>().into_iter().collect();
    let (mut verdicts, mut what) =
        (vec![Verdict::Stuck; place.ids.len()], String::from("does not compile in any variant"));
    for build in &BUILDS {
        for edit in way {
            // the tests of the ids first
            let told = trial.with(&place.file, edit, || match &own[..] {
                [] => Ok(Told::Green),
                own => trial.run(build, own),
            })?;
            let red = match told {
                Told::DoesNotCompile => continue,
                Told::Green => BTreeSet::new(),
                // it ended, or never did, without a name
                Told::Red(names) if names.is_empty() => own.iter().cloned().collect(),
                Told::Red(names) => names,
            };
            what = format!("{}, {} build", edit.what, build.name);
            for (verdict, id) in verdicts.iter_mut().zip(&place.ids) {
                let seen = if of(id).is_disjoint(&red) { Verdict::Lost } else { Verdict::Ok };
                *verdict = if *verdict == Verdict::Stuck { seen } else { (*verdict).min(seen) };
            }
            // then all
            if verdicts.contains(&Verdict::Lost) && red.is_empty() {
                let told = trial.with(&place.file, edit, || trial.run(build, &[]))?;
                match told {
                    Told::DoesNotCompile => continue,
                    Told::Green => {}
                    Told::Red(_) => verdicts.iter_mut().for_each(|verdict| *verdict = (*verdict).min(Verdict::Others)),
                }
            } else {
                verdicts.iter_mut().for_each(|verdict| *verdict = (*verdict).min(Verdict::Others));
            }
            break;
        }
        // what is only compiled for small machines is only seen by their build
        if verdicts.iter().all(|verdict| *verdict < Verdict::Lost) {
            break;
        }
    }
    Ok((verdicts, what))
}

/// All places, each with the worst that its ways come to, printed as they are done.
fn run(
    root: &Path,
    options: &Options,
    places: Vec<Place>,
    tests: &BTreeMap<String, BTreeSet<String>>,
) -> io::Result<Vec<Verdict>> {
    let work = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from).join("rules");
    let todo = Mutex::new(places.into_iter());
    let done = Mutex::new(vec![]);
    let worker = |number: usize| -> io::Result<()> {
        let trial = Trial::new(root, work.join(number.to_string()))?;
        // so that red means something, and to compile what all trials share
        let own: Vec<_> = tests.values().flatten().cloned().collect();
        if !matches!(trial.run(&BUILDS[0], &own)?, Told::Green) {
            return Err(io::Error::other(format!(
                "the tests are red before anything is deleted:\n{}",
                trial.printed()?
            )));
        }
        loop {
            let Some(place) = todo.lock().unwrap().next() else { return Ok(()) };
            let mut worst = vec![(Verdict::Stuck, String::new()); place.ids.len()];
            match &place.ways {
                Err(why) => worst.fill((Verdict::Stuck, why.clone())),
                Ok(ways) => {
                    for way in ways {
                        let (verdicts, what) = judge(&trial, &place, way, tests)?;
                        for (worst, verdict) in worst.iter_mut().zip(verdicts) {
                            if worst.1.is_empty() || worst.0.is_hidden_by(verdict) {
                                *worst = (verdict, what.clone());
                            }
                        }
                    }
                }
            }
            let mut done = done.lock().unwrap();
            // one line an id, as soon as it is known
            for ((verdict, what), id) in worst.iter().zip(&place.ids) {
                let word = format!("{verdict:?}").to_uppercase();
                println!("{word:7} {id}  {}:{}  {what}", place.file.display(), place.line);
                done.push(*verdict);
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs).map(|number| scope.spawn(move || worker(number))).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap())
    })?;
    Ok(done.into_inner().unwrap())
}

fn main() -> ExitCode {
    match all() {
        Ok(code) => code,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn all() -> Result<ExitCode, String> {
    let options = options()?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = folder.ancestors().nth(2).ok_or("the crate is not at its place in the repository")?;
    let text = fs::read_to_string(folder.join("rules.txt")).map_err(|error| error.to_string())?;
    let list = List::parse(&text)?;
    if let Some(unknown) = options.ids.iter().find(|id| list.keeper(id).is_none()) {
        return Err(format!("not a rule: {unknown}"));
    }
    let failed = |error: io::Error| error.to_string();
    let places = places(root, &list, &options.ids).map_err(failed)?;
    let tests = tests(root, &list).map_err(failed)?;
    let tagged: BTreeSet<_> = places.iter().flat_map(|place| place.ids.iter().cloned()).collect();
    let wanted = |id: &str| options.ids.is_empty() || options.ids.iter().any(|wanted| wanted == id);
    let bare: Vec<_> =
        list.iter().filter(|(id, keeper)| *keeper == Keeper::Codec && wanted(id) && !tagged.contains(*id)).collect();
    for (id, _) in &bare {
        println!("STUCK   {id}  has no tag in src/");
    }
    if options.list {
        for place in &places {
            println!("{}:{}  {}", place.file.display(), place.line, place.ids.join(" "));
            match &place.ways {
                Err(why) => println!("    STUCK: {why}"),
                Ok(ways) => ways
                    .iter()
                    .flat_map(|way| way.first())
                    .for_each(|edit| println!("    {}: {}", edit.what, shown(edit))),
            }
        }
        return Ok(ExitCode::SUCCESS);
    }
    let begun = std::time::Instant::now();
    let types = |id: &String| list.keeper(id) == Some(Keeper::Types);
    let places: Vec<_> = places.into_iter().filter(|place| !place.ids.iter().all(types)).collect();
    let verdicts = run(root, &options, places, &tests).map_err(failed)?;
    let count = |wanted: Verdict| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    let stuck = count(Verdict::Stuck) + bare.len();
    println!(
        "{} tags: {} are seen by their own tests, {} by others only, {} by none; {stuck} could not be tried; {} s",
        verdicts.len() + bare.len(),
        count(Verdict::Ok),
        count(Verdict::Others),
        count(Verdict::Lost),
        begun.elapsed().as_secs()
    );
    Ok(if stuck + count(Verdict::Lost) > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The text of an edit on one line.
fn shown(edit: &Edit) -> String {
    edit.text.split_whitespace().collect::<Vec<_>>().join(" ")
}
