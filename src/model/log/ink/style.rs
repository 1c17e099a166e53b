//! How text looks, as data: whoever draws it makes of it what the terminal can.

/// A color.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Ink {
    /// The terminal's own.
    #[default]
    Default,
    /// One of the terminal's 16: 0 to 7, and the bright ones from 8.
    Basic(u8),
    /// One of xterm's 256, from 16.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// What text has beside colors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Effects(pub u8);

impl Effects {
    /// Bold.
    pub const BOLD: u8 = 1;
    /// Dim.
    pub const DIM: u8 = 1 << 1;
    /// Italic.
    pub const ITALIC: u8 = 1 << 2;
    /// Underlined, in whatever way.
    pub const UNDERLINE: u8 = 1 << 3;
    /// Ink and ground exchanged.
    pub const INVERSE: u8 = 1 << 4;
    /// Struck through.
    pub const STRIKE: u8 = 1 << 5;

    /// Whether one is set.
    pub const fn has(self, effect: u8) -> bool {
        self.0 & effect != 0
    }

    const fn set(&mut self, effect: u8) {
        self.0 |= effect;
    }

    const fn clear(&mut self, effects: u8) {
        self.0 &= !effects;
    }
}

/// How text looks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Style {
    /// Its color.
    pub ink: Ink,
    /// The color behind it.
    pub ground: Ink,
    /// What else.
    pub effects: Effects,
}

/// The most parameters of a sequence that count.
const PARAMS: usize = 32;

impl Style {
    /// Takes the parameters of an SGR sequence (ECMA-48 8.3.117, and xterm's). Text cannot be
    /// concealed, and does not blink.
    pub(super) fn apply(&mut self, params: &[u8]) {
        let mut params = params.split(|b| *b == b';').take(PARAMS);
        while let Some(param) = params.next() {
            let mut parts = param.split(|b| *b == b':');
            let code = parts.next().map_or(Some(0), number);
            match code {
                Some(38 | 48 | 58) => {
                    let color = if param.contains(&b':') {
                        parted(parts)
                    } else {
                        color(&mut params.by_ref().map(number))
                    };
                    match (code, color) {
                        (Some(38), Some(color)) => self.ink = color,
                        (Some(48), Some(color)) => self.ground = color,
                        _ => {}
                    }
                }
                Some(4) if parts.next() == Some(b"0") => self.effects.clear(Effects::UNDERLINE),
                Some(code) => self.code(code),
                None => {}
            }
        }
    }

    const fn code(&mut self, code: u8) {
        match code {
            0 => *self = Self { ink: Ink::Default, ground: Ink::Default, effects: Effects(0) },
            1 => self.effects.set(Effects::BOLD),
            2 => self.effects.set(Effects::DIM),
            3 => self.effects.set(Effects::ITALIC),
            4 | 21 => self.effects.set(Effects::UNDERLINE),
            7 => self.effects.set(Effects::INVERSE),
            9 => self.effects.set(Effects::STRIKE),
            22 => self.effects.clear(Effects::BOLD | Effects::DIM),
            23 => self.effects.clear(Effects::ITALIC),
            24 => self.effects.clear(Effects::UNDERLINE),
            27 => self.effects.clear(Effects::INVERSE),
            29 => self.effects.clear(Effects::STRIKE),
            30..=37 => self.ink = Ink::Basic(code - 30),
            39 => self.ink = Ink::Default,
            40..=47 => self.ground = Ink::Basic(code - 40),
            49 => self.ground = Ink::Default,
            90..=97 => self.ink = Ink::Basic(code - 90 + 8),
            100..=107 => self.ground = Ink::Basic(code - 100 + 8),
            _ => {}
        }
    }

    /// As it may be drawn: text in the color of its ground would be hidden.
    pub(super) fn shown(self) -> Self {
        if self.ink == self.ground && self.ink != Ink::Default {
            return Self { ink: Ink::Default, ground: Ink::Default, ..self };
        }
        self
    }
}

/// A parameter; an empty one is zero, and one that is too big is none.
fn number(text: &[u8]) -> Option<u8> {
    text.iter().try_fold(0_u8, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// `5;N` or `2;R;G;B`.
fn color(params: &mut dyn Iterator<Item = Option<u8>>) -> Option<Ink> {
    match params.next()?? {
        5 => Some(match params.next()?? {
            basic @ 0..16 => Ink::Basic(basic),
            indexed => Ink::Indexed(indexed),
        }),
        2 => Some(Ink::Rgb(params.next()??, params.next()??, params.next()??)),
        _ => None,
    }
}

/// `5:N`, `2:R:G:B`, or `2::R:G:B` with a color space.
fn parted<'p>(parts: impl Iterator<Item = &'p [u8]>) -> Option<Ink> {
    let mut all = [None; 6];
    let mut count = 0;
    for (to, part) in all.iter_mut().zip(parts) {
        *to = number(part);
        count += 1;
    }
    let space = usize::from(all.first() == Some(&Some(2)) && count >= 5);
    color(&mut all.into_iter().take(1).chain(all.into_iter().skip(1 + space)))
}
