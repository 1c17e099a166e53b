//! The view.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use crate::model::ids::EnvName;
use crate::model::screen::{Pane, SortBy, View};
use crate::model::text::clean;

pub(super) fn write(connection: &Connection, view: &View) -> rusqlite::Result<()> {
    let text = serde_json::to_string(&StoredView::from(view)).unwrap_or_default();
    connection
        .execute(
            "INSERT INTO view (name, value) VALUES ('view', ?1) ON CONFLICT DO UPDATE SET value = ?1",
            params![text],
        )
        .map(|_rows| ())
}

pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<View>> {
    let text: Option<String> = connection
        .query_row("SELECT value FROM view WHERE name = 'view'", [], |row| row.get(0))
        .optional()?;
    Ok(text.and_then(|text| serde_json::from_str::<StoredView>(&text).ok()).map(View::from))
}

#[derive(Serialize, Deserialize)]
struct StoredView {
    env: Option<String>,
    filter: String,
    problems_only: bool,
    sort: String,
    inverted: bool,
    zoom: bool,
    focus: String,
    theme: Option<String>,
}

impl From<&View> for StoredView {
    fn from(view: &View) -> Self {
        Self {
            env: view.env.as_ref().map(|env| env.as_str().to_owned()),
            filter: view.filter.clone(),
            problems_only: view.problems_only,
            sort: view.sort.name().to_owned(),
            inverted: view.inverted,
            zoom: view.zoom,
            focus: view.focus.name().to_owned(),
            theme: view.theme.clone(),
        }
    }
}

impl From<StoredView> for View {
    fn from(stored: StoredView) -> Self {
        Self {
            env: stored.env.map(EnvName::new),
            filter: clean(&stored.filter, 256),
            problems_only: stored.problems_only,
            sort: SortBy::from_name(&stored.sort).unwrap_or_default(),
            inverted: stored.inverted,
            zoom: stored.zoom,
            focus: Pane::from_name(&stored.focus).unwrap_or_default(),
            theme: stored.theme.map(|theme| clean(&theme, 64)),
        }
    }
}
