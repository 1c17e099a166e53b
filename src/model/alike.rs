//! Whether two directories are easily taken for each other, as `production/data` and
//! `production-data` were.

use super::unit::is_below;

/// Whether `other` lies near `path` (in a directory above it, by two at most) and is named with its
/// words; never one within the other.
pub fn is_alike(path: &str, other: &str) -> bool {
    if is_below(path, other) || is_below(other, path) {
        return false;
    }
    let Some((parent, name)) = split(other) else { return false };
    let Some((near, last)) = split(path) else { return false };
    let far = split(near);
    let is_near = parent == near || far.is_some_and(|(above, _)| above == parent);
    if !is_near {
        return false;
    }
    let above = far.map_or("", |(_, name)| name);
    let is_known =
        |word: &str| words(last).chain(words(above)).any(|known| is_same_word(word, known));
    words(name).next().is_some() && words(name).all(is_known)
}

fn split(path: &str) -> Option<(&str, &str)> {
    path.trim_end_matches('/').rsplit_once('/').filter(|(_, name)| !name.is_empty())
}

/// `production-data` has the words production and data.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn is_same_word(one: &str, other: &str) -> bool {
    let lower = |word: &'_ str| word.chars().flat_map(char::to_lowercase).collect::<String>();
    one.eq_ignore_ascii_case(other) || !one.is_ascii() && lower(one) == lower(other)
}

#[cfg(test)]
mod tests {
    use super::is_alike;

    #[test]
    fn what_is_easily_taken_for_the_data_is_alike() {
        let data = "/mnt/app/production/data";
        for (other, alike) in [
            ("/mnt/app/production-data", true),
            ("/mnt/app/Data", true),
            ("/mnt/app/production/data", false),
            ("/mnt/app/production", false),
            ("/mnt/app/production/data/x", false),
            ("/mnt/app/production-data-backups", false),
            ("/mnt/app/development-data", false),
            ("/srv/production-data", false),
            ("/", false),
            ("", false),
        ] {
            assert_eq!(is_alike(data, other), alike, "{other}");
        }
    }
}
