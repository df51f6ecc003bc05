//! Decides whether the code is built for a small machine, in the one place where that is decided: see `src/target.rs`.
//!
//! `upframe_small` is set for every target whose pointers are not 64 bits wide. `RUSTFLAGS="--cfg upframe_small"` sets it for any
//! other target, so that a PC tests what a microcontroller runs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(upframe_small)");
    if std::env::var("CARGO_CFG_TARGET_POINTER_WIDTH").is_ok_and(|width| width != "64") {
        println!("cargo::rustc-cfg=upframe_small");
    }
}
