//! Small or fast: the program chooses, and otherwise the target decides.

#[allow(dead_code, reason = "Cargo runs `main`")]
#[path = "../src/build.rs"]
mod build;

/// Returns what the build script decides for a target with pointers of this width and these flags.
fn decided(width: &str, flags: &[&str]) -> Result<bool, &'static str> {
    build::is_small(|name| match name.strip_prefix("CARGO_CFG_")? {
        "TARGET_POINTER_WIDTH" => Some(width.into()),
        flag => flags.iter().any(|given| flag == given.to_uppercase()).then(String::new),
    })
}

#[test]
fn without_a_choice_the_width_of_pointers_decides() {
    for (width, small) in [("16", true), ("32", true), ("64", false)] {
        assert_eq!(decided(width, &[]), Ok(small), "{width}");
        assert_eq!(decided(width, &["other"]), Ok(small), "{width}");
    }
}

#[test]
fn the_choice_of_the_program_overrides_the_target_both_ways() {
    for width in ["16", "32", "64"] {
        assert_eq!(decided(width, &["upframe_small"]), Ok(true), "{width}");
        assert_eq!(decided(width, &["upframe_fast"]), Ok(false), "{width}");
    }
}

#[test]
fn both_choices_at_once_are_an_error_that_names_them() {
    for width in ["16", "32", "64"] {
        let error = decided(width, &["upframe_small", "upframe_fast"]).unwrap_err();
        assert!(error.contains("upframe_small") && error.contains("upframe_fast"), "{error}");
    }
}
