//! A bit for each line of a block.

/// Bits of a block's lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    /// So many lines, none set.
    pub fn none(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    /// So many lines, all set.
    pub fn all(len: usize) -> Self {
        let mut bits = Self { words: vec![u64::MAX; len.div_ceil(64)], len };
        bits.trim();
        bits
    }

    /// How many lines.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no line.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether a line is set; none beyond the end is.
    pub fn has(&self, place: usize) -> bool {
        self.words.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// Sets a line.
    pub fn set(&mut self, place: usize) {
        if place < self.len
            && let Some(word) = self.words.get_mut(place / 64)
        {
            *word |= 1 << (place % 64);
        }
    }

    /// The first that is set from a line on.
    pub fn next(&self, from: usize) -> Option<usize> {
        let mut word = from / 64;
        let mut rest = self.words.get(word)? & (u64::MAX << (from % 64));
        while rest == 0 {
            word += 1;
            rest = *self.words.get(word)?;
        }
        Some(word * 64 + rest.trailing_zeros() as usize)
    }

    /// The last that is set before a line.
    pub fn previous(&self, before: usize) -> Option<usize> {
        let last = before.min(self.len).checked_sub(1)?;
        let mut word = last / 64;
        let mut rest = self.words.get(word)? & (u64::MAX >> (63 - last % 64));
        while rest == 0 {
            word = word.checked_sub(1)?;
            rest = *self.words.get(word)?;
        }
        Some(word * 64 + 63 - rest.leading_zeros() as usize)
    }

    /// How many are set from a line on and before another.
    pub fn count_within(&self, first: usize, end: usize) -> usize {
        if first == 0 && end >= self.len {
            return self.count();
        }
        let mut count = 0;
        let mut from = first;
        while let Some(place) = self.next(from).filter(|place| *place < end) {
            (count, from) = (count + 1, place + 1);
        }
        count
    }

    /// Whether the last line is set.
    pub fn ends_set(&self) -> bool {
        self.len > 0 && self.has(self.len - 1)
    }

    /// How many are set.
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Only what is set in the other too.
    pub fn and(&mut self, other: &Self) {
        for (word, with) in self.words.iter_mut().zip(&other.words) {
            *word &= with;
        }
    }

    /// Only what is not set in the other.
    pub fn and_not(&mut self, other: &Self) {
        for (word, with) in self.words.iter_mut().zip(&other.words) {
            *word &= !with;
        }
    }

    /// Only the first so many lines.
    pub fn shorten(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.words.truncate(self.len.div_ceil(64));
        self.trim();
    }

    /// The others behind these.
    pub fn extend(&mut self, other: &Self) {
        let from = self.len;
        self.len += other.len;
        self.words.resize(self.len.div_ceil(64), 0);
        for place in (0..other.len).filter(|place| other.has(*place)) {
            self.set(from + place);
        }
    }

    fn trim(&mut self) {
        let rest = self.len % 64;
        if rest > 0
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << rest) - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn bits_beyond_the_end_are_never_set() {
        let mut bits = Bits::all(70);
        assert_eq!(bits.count(), 70);
        bits.set(70);
        assert!(!bits.has(70));
        let mut more = Bits::none(3);
        more.set(2);
        bits.extend(&more);
        assert_eq!((bits.len(), bits.count()), (73, 71));
        assert!(bits.has(72) && !bits.has(71));
        assert_eq!((bits.next(70), bits.next(73), bits.next(3)), (Some(72), None, Some(3)));
        assert_eq!(
            (bits.previous(72), bits.previous(900), bits.previous(0)),
            (Some(69), Some(72), None)
        );
    }
}
