//! The console's files, embedded in the program: whatever `npm run build` made.

use berth_api::ConsoleFile;
use rust_embed::RustEmbed;

/// The folder is named as this crate's own folder sees it.
#[derive(RustEmbed)]
#[folder = "../../console/dist"]
#[allow_missing = true]
struct Built;

/// The file at a path such as `assets/main.js`.
pub(crate) fn file(path: &str) -> Option<ConsoleFile> {
    let file = Built::get(path)?;
    let media_type = file.metadata.mimetype().to_owned();
    Some(ConsoleFile { data: file.data, media_type })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_built_is_embedded() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../console/dist/index.html");
        assert_eq!(file("index.html").is_some(), std::path::Path::new(page).exists());
    }
}
