use super::*;
use crate::ui::chrome::Glyphs;

fn arrows(pairs: &[(usize, usize)]) -> Vec<Arrow> {
    pairs.iter().map(|&(from, to)| Arrow { from, to, failing: false }).collect()
}

/// Boxes as numbers, so that places and lines are seen together.
fn picture(widths: &[usize], arrows: &[Arrow], glyphs: Glyphs) -> String {
    let Some(drawing) = layout(widths, arrows, 100) else { return "none".to_owned() };
    let mut lines: Vec<Vec<String>> = drawing
        .cells
        .iter()
        .map(|line| {
            let text = |cell: &Cell| glyph(*cell, glyphs).map_or(" ", |(text, _)| text).to_owned();
            line.iter().map(text).collect()
        })
        .collect();
    for (node, place) in drawing.places.iter().enumerate() {
        for line in &mut lines[place.y..place.y + place.height] {
            for cell in &mut line[place.x..place.x + place.width] {
                assert_eq!(cell, " ", "a line runs through a box, or two boxes overlap");
                *cell = node.to_string();
            }
        }
    }
    let lines: Vec<String> = lines.iter().map(|line| line.concat().trim_end().to_owned()).collect();
    lines.join("\n")
}

#[test]
fn a_chain_is_a_straight_line() {
    insta::assert_snapshot!(picture(&[3, 3, 3], &arrows(&[(0, 1), (1, 2)]), Glyphs::Unicode), @r"
    000   111   222
    000──>111──>222
    000   111   222
    000   111   222
    ");
}

#[test]
fn a_diamond() {
    let diamond = arrows(&[(0, 1), (0, 2), (1, 3), (2, 3)]);
    insta::assert_snapshot!(picture(&[3, 3, 3, 3], &diamond, Glyphs::Unicode), @r"
            111
        ┌──>111─┐
    000 │   111 │   333
    000─┤   111 └──>333
    000 │   222 ┌──>333
    000 └──>222─┘   333
            222
            222
    ");
}

#[test]
fn an_arrow_over_a_column_and_a_failing_way() {
    let mut arrows = arrows(&[(0, 1), (1, 2), (0, 2), (3, 2)]);
    arrows[0].failing = true;
    arrows[1].failing = true;
    insta::assert_snapshot!(picture(&[3, 3, 3, 3], &arrows, Glyphs::Unicode), @r"
            111
        ┏━━>111━┓
        ┃   111 ┃
        ┃   111 ┃   222
    000 ┃   333 ┗━━>222
    000━┫   333────>222
    000 │   333 ┌──>222
    000 │   333 │   222
        │       │
        └───────┘
    ");
    insta::assert_snapshot!(picture(&[3, 3, 3, 3], &arrows, Glyphs::Ascii), @r"
            111
        #==>111=#
        #   111 #
        #   111 #   222
    000 #   333 #==>222
    000=#   333---->222
    000 |   333 +-->222
    000 |   333 |   222
        |       |
        +-------+
    ");
}

#[test]
fn lines_that_cross_are_no_branch() {
    // Three by three without two: some cross however they are ordered.
    let crossing = arrows(&[(0, 3), (0, 4), (0, 5), (1, 3), (1, 5), (2, 3), (2, 4), (2, 5)]);
    insta::assert_snapshot!(picture(&[3; 6], &crossing, Glyphs::Unicode), @r"
                333
          ┌────>333
          │     333
        ┌─│────>333
    000 │ │     333
    000─│─┤ ┌──>333
    000 │ │ │   333
    000 │ │ │   333
    111 │ │ │   444
    111─┤ ├─│──>444
    111 │ │ │   444
    111 │ │ ├──>444
    222 │ │ │   444
    222─│─│─┤   444
    222 │ │ │   555
    222 │ └─│──>555
        │   │   555
        └───│──>555
            │   555
            └──>555
                555
                555
    ");
}

#[test]
fn a_ring_ends() {
    for ring in [&[(0, 0)][..], &[(0, 1), (1, 0)], &[(0, 1), (1, 2), (2, 0), (2, 3)]] {
        let drawing = layout(&[5; 4], &arrows(ring), 100).unwrap();
        assert_eq!(drawing.places.len(), 4, "{ring:?}");
    }
}

#[test]
fn what_is_too_much_to_be_looked_at_is_not_drawn() {
    assert_eq!(layout(&[], &[], 100), None);
    assert_eq!(layout(&[5; 100], &arrows(&[(0, 99)]), 100), None, "too many");
    let chain: Vec<(usize, usize)> = (0..9).map(|n| (n, n + 1)).collect();
    assert_eq!(layout(&[20; 10], &arrows(&chain), 100), None, "too wide");
    let far: Vec<(usize, usize)> = (0..20).flat_map(|a| (a + 1..20).map(move |b| (a, b))).collect();
    assert_eq!(layout(&[5; 20], &arrows(&far), 1000), None, "too many bends");
}

mod any {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn boxes_and_lines_keep_apart(
            nodes in 1..14_usize,
            pairs in proptest::collection::vec((0..14_usize, 0..14_usize), 0..30),
        ) {
            let pairs: BTreeSet<(usize, usize)> = pairs
                .into_iter()
                .map(|(from, to)| (from % nodes, to % nodes))
                .collect();
            let pairs: Vec<_> = pairs.into_iter().collect();
            let arrows = arrows(&pairs);
            let widths = vec![4; nodes];
            let _asserts = picture(&widths, &arrows, Glyphs::Unicode);
            if let Some(drawing) = layout(&widths, &arrows, 1000) {
                prop_assert_eq!(drawing.places.len(), nodes);
                follow::all(&drawing, nodes, &pairs)?;
            }
        }
    }

    /// Follows the drawn lines as an eye does.
    mod follow {
        use std::collections::BTreeSet;

        use proptest::prelude::*;
        use proptest::test_runner::TestCaseError;

        use super::super::*;

        pub(super) fn all(
            drawing: &Drawing,
            nodes: usize,
            pairs: &[(usize, usize)],
        ) -> Result<(), TestCaseError> {
            for node in 0..nodes {
                let place = drawing.places[node];
                let mut led = BTreeSet::new();
                for y in [place.y + 1, place.y + 2] {
                    led.extend(from(drawing, place.x + place.width, y));
                }
                for to in &led {
                    prop_assert!(pairs.contains(&(node, *to)), "{node} seems to need {to}");
                }
                for (_, to) in pairs
                    .iter()
                    .filter(|(from, to)| *from == node && drawing.places[*to].x > place.x)
                {
                    prop_assert!(led.contains(to), "{node} needs {to}, which is not drawn");
                }
            }
            Ok(())
        }

        /// The nodes that one gets to on lines that are one, but not over a crossing.
        fn from(drawing: &Drawing, x: usize, y: usize) -> BTreeSet<usize> {
            let mut led = BTreeSet::new();
            let mut seen = BTreeSet::new();
            // Where, and from which side one comes: left, right, up, down.
            let mut open = vec![(x, y, 'l')];
            while let Some((x, y, side)) = open.pop() {
                let cell = drawing.cells.get(y).and_then(|line| line.get(x)).copied();
                let Some(cell) = cell.filter(|_| seen.insert((x, y, side))) else { continue };
                let arms = match (glyph(cell, Glyphs::Unicode).map_or(" ", |(text, _)| text), side)
                {
                    (">", _) => {
                        let at = drawing.places.iter().enumerate();
                        led.extend(at.filter_map(|(node, place)| {
                            let inside = place.y < y && y + 1 < place.y + place.height;
                            (place.x == x + 1 && inside).then_some(node)
                        }));
                        ""
                    }
                    // Another line passes over.
                    ("─", _) | ("│", 'l' | 'r') => "lr",
                    ("│", _) => "ud",
                    ("┐", _) => "ld",
                    ("┘", _) => "lu",
                    ("┌", _) => "rd",
                    ("└", _) => "ru",
                    ("┬", _) => "lrd",
                    ("┴", _) => "lru",
                    ("┤", _) => "lud",
                    ("├", _) => "rud",
                    ("┼", _) => "lrud",
                    _ => "",
                };
                for way in arms.chars() {
                    match way {
                        'l' if x > 0 => open.push((x - 1, y, 'r')),
                        'r' => open.push((x + 1, y, 'l')),
                        'u' if y > 0 => open.push((x, y - 1, 'd')),
                        'd' => open.push((x, y + 1, 'u')),
                        _ => {}
                    }
                }
            }
            led
        }
    }
}
