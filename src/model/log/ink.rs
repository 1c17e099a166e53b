#[derive(Clone, Copy, Default)]
pub enum Tint {
    #[default]
    A,
    Indexed(u8),
    Rgb(u8, u8, u8),
}
#[derive(Clone, Copy, Default)]
pub struct Ink {
    pub fg: Option<Tint>,
    pub bg: Option<Tint>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub inverse: bool,
}
pub fn plain(bytes: &[u8]) -> String {
    crate::model::text::clean_bytes(bytes, 70000)
}
pub fn spans(bytes: &[u8]) -> Vec<(Ink, String)> {
    vec![(Ink::default(), plain(bytes))]
}
