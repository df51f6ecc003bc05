//! Decides whether the target is a small machine, which `src/target.rs` explains. Nothing else decides it.
//!
//! `upframe_small` is set for every target whose pointers are not 64 bits wide. `RUSTFLAGS="--cfg upframe_small"` sets
//! it for any other target, so that a PC tests what a microcontroller runs.

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    println!("cargo::rustc-check-cfg=cfg(upframe_small)");
    if std::env::var("CARGO_CFG_TARGET_POINTER_WIDTH").is_ok_and(|width| width != "64") {
        println!("cargo::rustc-cfg=upframe_small");
    }
}
