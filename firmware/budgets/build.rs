//! Passes the memory layout to the linker.

use std::{env, error::Error, fs, path::PathBuf};

/// What the linker script of RISC-V needs in addition.
const REGIONS: [(&str, &str); 6] =
    [("TEXT", "FLASH"), ("RODATA", "FLASH"), ("DATA", "RAM"), ("BSS", "RAM"), ("HEAP", "RAM"), ("STACK", "RAM")];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut memory = fs::read_to_string("memory.x")?;
    if env::var("CARGO_CFG_TARGET_ARCH")? == "riscv32" {
        for (region, place) in REGIONS {
            memory += &format!("REGION_ALIAS(\"REGION_{region}\", {place});\n");
        }
        println!("cargo:rustc-link-arg-bins=-Tmemory.x");
    }
    fs::write(out.join("memory.x"), memory)?;
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rerun-if-changed=memory.x");
    Ok(())
}
