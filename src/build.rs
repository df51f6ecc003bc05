//! Decides whether the crate is built for a small machine, which `src/target.rs` explains. Nothing else decides it.
//!
//! The program chooses: `--cfg upframe_small` or `--cfg upframe_fast` in its `RUSTFLAGS`. If it does not, every target
//! whose pointers are not 64 bits wide is a small machine.

fn main() -> Result<(), &'static str> {
    println!("cargo::rerun-if-changed=src/build.rs");
    println!("cargo::rustc-check-cfg=cfg(upframe_small, upframe_fast)");
    if is_small(|name| std::env::var(name).ok())? {
        println!("cargo::rustc-cfg=upframe_small");
    }
    Ok(())
}

/// Returns whether the crate is built for a small machine, from the variables that Cargo sets for build scripts.
pub(crate) fn is_small(variable: impl Fn(&str) -> Option<String>) -> Result<bool, &'static str> {
    let chosen = |name| variable(name).is_some();
    match (chosen("CARGO_CFG_UPFRAME_SMALL"), chosen("CARGO_CFG_UPFRAME_FAST")) {
        (true, true) => Err("RUSTFLAGS has both --cfg upframe_small and --cfg upframe_fast: choose one of them"),
        (false, false) => Ok(variable("CARGO_CFG_TARGET_POINTER_WIDTH").is_some_and(|width| width != "64")),
        (small, _) => Ok(small),
    }
}
