//! Names of branches and tags.

/// A name of a branch or a tag (git-check-ref-format(1)).
pub fn is_reference(text: &str) -> bool {
    let bad = |c: char| c.is_control() || !c.is_ascii() || " ~^:?*[\\".contains(c);
    !text.is_empty()
        && text.len() <= 200
        && !text.contains(bad)
        && !text.contains("..")
        && !text.contains("@{")
        && !text.starts_with(['-', '/', '.'])
        && !text.ends_with(['/', '.'])
        && text.strip_suffix(".lock").is_none()
}

#[cfg(test)]
mod tests {
    use super::is_reference;

    #[test]
    fn a_reference_is_one_for_git_too() {
        for good in ["main", "feature/x", "v1.2.3", "release-2026"] {
            assert!(is_reference(good), "{good}");
        }
        for bad in ["", "-x", "a..b", "a b", "a:b", "x.lock", "/a", "a/", "a@{1}", "a~1", "\u{7}"] {
            assert!(!is_reference(bad), "{bad:?}");
        }
    }
}
