//! Sees to it that the console's files are embedded anew when they change, and that there is a folder to embed
//! from where the console was never built: building Berth needs no Node.

use std::{fs, path::Path};

fn main() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../console/dist");
    // Cargo would run this for every build if the folder were missing. In a tree that cannot be written to, it
    // does: slower, not wrong.
    let _ = fs::create_dir_all(&dist);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", dist.display());
}
