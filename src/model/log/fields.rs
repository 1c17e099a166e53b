use std::borrow::Cow;
pub fn read(_: &[u8]) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    Vec::new()
}
pub fn pretty(b: &[u8]) -> Vec<String> {
    vec![super::ink::plain(b)]
}
