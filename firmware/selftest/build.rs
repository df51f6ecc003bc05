//! Passes the memory layout of the machine that `run` emulates for this target to the linker.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let target = env::var("TARGET")?;
    let (flash, ram) = match target.as_str() {
        "thumbv6m-none-eabi" => ("0x00000000, LENGTH = 256K", "0x20000000, LENGTH = 16K"), // microbit
        "thumbv7m-none-eabi" => ("0x00000000, LENGTH = 256K", "0x20000000, LENGTH = 64K"), // lm3s6965evb
        "thumbv7em-none-eabihf" => ("0x08000000, LENGTH = 1024K", "0x20000000, LENGTH = 128K"), // netduinoplus2
        _ if target.starts_with("riscv32") => ("0x80000000, LENGTH = 1M", "0x80100000, LENGTH = 64K"), // virt
        _ => return Ok(()),                                                                // the host
    };
    let mut memory = format!("MEMORY {{\n  FLASH : ORIGIN = {flash}\n  RAM : ORIGIN = {ram}\n}}\n");
    if target.starts_with("riscv32") {
        for region in ["TEXT FLASH", "RODATA FLASH", "DATA RAM", "BSS RAM", "HEAP RAM", "STACK RAM"] {
            let (name, place) = region.split_once(' ').unwrap_or_default();
            memory += &format!("REGION_ALIAS(\"REGION_{name}\", {place});\n");
        }
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("memory.x"), memory)?;
    println!("cargo:rustc-link-search={}", out.display());
    if target.starts_with("riscv32") {
        println!("cargo:rustc-link-arg-bins=-Tmemory.x");
    }
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rerun-if-changed=build.rs");
    Ok(())
}
