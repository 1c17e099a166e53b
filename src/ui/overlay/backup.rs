//! One backup, closely: what is promised, which copies are there, what is in the newest one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::page::Page;
use super::{boxed, scrolled};
use crate::model::backup::{BackupFacts, Checked, Comparison, Integrity, JobFacts, Keep};
use crate::model::backups::{self, BackupRow, is_of};
use crate::model::drill;
use crate::model::finding::Subject;
use crate::model::job::RunEnd;
use crate::model::observed::Observed;
use crate::model::retention;
use crate::model::screen::BackupId;
use crate::ui::backups::against;
use crate::ui::chrome::role_of;
use crate::ui::scene::Scene;
use crate::ui::viewports::Viewports;
use crate::ui::{Role, words};

/// As many copies are listed.
const COPIES: usize = 12;

pub(super) fn draw(
    scene: &Scene<'_>,
    buf: &mut Buffer,
    area: Rect,
    viewports: &mut Viewports,
    (id, scroll): (&BackupId, usize),
) {
    let env = scene.fleet.env(&id.host.env);
    let inner = boxed(scene, buf, area, &format!("Backup {} of {}", id.name, id.host.host), env);
    let mut page = Page::new(scene, inner.width);
    match env.and_then(|env| backups::judge_one(env, &id.name, scene.now)) {
        Some(row) => write(scene, &mut page, &row),
        None => page.say(Role::Muted, "It is not declared any more."),
    }
    scrolled(scene, buf, (area, inner), viewports, &page.lines, scroll);
}

fn write(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &BackupRow<'_>) {
    let sign = scene.chrome.glyphs.severity(row.severity);
    let was = if row.stale && row.facts.is_some() { "was " } else { "" };
    page.say(role_of(row.severity), &format!("{sign} {was}{}", row.verdict.name()));
    for problem in &row.problems {
        let sign = scene.chrome.glyphs.severity(problem.severity);
        let text = format!("{sign} {}: {}", problem.verdict.name(), problem.detail);
        page.say(role_of(problem.severity), &text);
    }
    page.gap();
    let spec = row.spec;
    match &spec.database {
        Some(database) => page.fact("database", database.words()),
        None => page.fact("source", spec.source.as_deref().unwrap_or("")),
    }
    page.fact("copies", format!("{}, {}", spec.way.name(), spec.way.place()));
    let grace = words::age(spec.grace);
    page.fact("may lose", format!("{} and {grace} of grace (RPO)", words::age(spec.every)));
    let back = spec.restore_within.map_or_else(
        || "no restore time promised (restore_within)".to_owned(),
        |span| format!("within {} (RTO)", words::age(span)),
    );
    page.fact("restore", back);
    if let Some((env, drilled)) = drill::of_backup(&scene.model.fleet, &spec.name) {
        let role = if drilled.passed() { Role::Text } else { Role::Warning };
        page.fact_in(role, "drill", format!("in {env}: {}", drilled.brief(scene.model.now)));
    }
    page.fact("age", against(row));
    runs(scene, page, row);
    if let (true, Some(fault)) = (
        row.stale,
        row.host
            .backups
            .get(&spec.name)
            .and_then(Observed::fault)
            .or_else(|| row.host.link.fault()),
    ) {
        page.heading("It cannot be read");
        page.fault(Role::Unknown, fault);
    }
    if let Some(facts) = row.facts {
        copies(scene, page, row, facts);
        retention_of(page, row, facts);
    }
    if let Some(check) = row.check() {
        content(scene, page, row, check);
    }
    if let Some(job) = row.facts.and_then(|facts| facts.job.as_ref()) {
        script(page, job);
    }
    findings(scene, page, row);
}

fn runs(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &BackupRow<'_>) {
    let Some(run) = row.run else {
        page.fact("made by", "not known");
        return;
    };
    let moment = |at| words::moment(at, scene.chrome.utc_offset_secs);
    page.fact("made by", format!("{}, {}", run.label(), run.schedule));
    match &run.last {
        None => page.fact("last run", "none is known"),
        Some(last) => {
            let (role, end) = match &last.end {
                RunEnd::Succeeded => (Role::Text, "succeeded".to_owned()),
                RunEnd::Failed(how) => (Role::Critical, format!("failed: {how}")),
                RunEnd::Running => (Role::Text, "runs now".to_owned()),
                RunEnd::Unknown => (Role::Text, "nobody says how it ended".to_owned()),
            };
            page.fact_in(role, "last run", format!("{}, {end}", moment(last.at)));
        }
    }
    match (run.next, &run.idle) {
        (Some(next), _) => page.fact("next run", moment(next)),
        (None, Some(idle)) => page.fact_in(Role::Warning, "next run", format!("none: {idle}")),
        (None, None) => page.fact("next run", "not known"),
    }
}

fn copies(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &BackupRow<'_>, facts: &BackupFacts) {
    page.heading(&format!("Copies: {}", facts.count));
    for copy in facts.copies.iter().take(COPIES) {
        let at = row.wall(copy.at);
        let at = at.map(|at| words::moment(at, scene.chrome.utc_offset_secs)).unwrap_or_default();
        let size = copy.size.map_or_else(|| "?".to_owned(), words::bytes);
        let (role, good) = match facts.check(copy).map(|check| &check.integrity) {
            _ if backups::is_unsettled(row.spec, facts, copy) => (Role::Muted, ", not settled yet"),
            _ if !backups::counts(row.spec, facts, copy) => (Role::Critical, ", does not count"),
            Some(Integrity::Good) => (Role::Text, ", whole"),
            Some(
                Integrity::Unknown(_)
                | Integrity::Writing
                | Integrity::Empty
                | Integrity::Corrupt(_),
            )
            | None => (Role::Muted, ""),
        };
        page.say(role, &format!("{at}  {size:>5}  {}{good}", copy.name));
    }
    let more = facts.count.saturating_sub(facts.copies.len().min(COPIES) as u64);
    if more > 0 {
        page.say(Role::Muted, &format!("and {more} more"));
    }
    for warning in &facts.warnings {
        page.say(Role::Notice, warning);
    }
}

/// `daily ■■■□`: a bucket each, the newest first.
fn retention_of(page: &mut Page<'_, '_>, row: &BackupRow<'_>, facts: &BackupFacts) {
    match row.spec.keep {
        None => {}
        Some(Keep::Count(keep)) => page.fact("kept", format!("{} of {keep}", facts.count)),
        Some(Keep::Gfs { daily, weekly, monthly }) => {
            let good = facts.copies.iter().filter(|copy| backups::counts(row.spec, facts, copy));
            let times: Vec<i64> = good.map(|copy| copy.at).collect();
            for kind in retention::coverage(&times, (daily, weekly, monthly), facts.taken) {
                let bar = kind.covered.iter().map(|there| if *there { '#' } else { '.' });
                let text =
                    format!("{} {} of {}", bar.collect::<String>(), kind.met(), kind.covered.len());
                page.fact(kind.name, text);
            }
        }
    }
}

fn content(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &BackupRow<'_>, check: &Checked) {
    page.heading("What is in the newest");
    page.fact("kind", &*check.kind);
    match &check.integrity {
        Integrity::Good => page.fact_in(Role::Ok, "integrity", "read to its end"),
        Integrity::Empty => page.fact_in(Role::Critical, "integrity", "it holds nothing"),
        Integrity::Corrupt(why) => page.fact_in(Role::Critical, "integrity", &**why),
        Integrity::Writing => {
            page.fact_in(Role::Unknown, "integrity", "not known: it is still being written");
        }
        Integrity::Unknown(why) => {
            page.fact_in(Role::Unknown, "integrity", format!("not known: {why}"));
        }
    }
    if let Some(at) = row.wall(check.at) {
        page.fact("looked at", words::moment(at, scene.chrome.utc_offset_secs));
    }
    match &check.comparison {
        Ok(compared) => {
            let source = row.spec.source.as_deref().unwrap_or("the source");
            comparison(page, source, compared);
        }
        Err(why) => page.fact("compared", format!("no: {why}")),
    }
    for (twin, compared) in &check.twins {
        if is_of(compared) {
            page.fact_in(Role::Critical, "it is of", &**twin);
        }
        comparison(page, twin, compared);
    }
}

fn comparison(page: &mut Page<'_, '_>, with: &str, compared: &Comparison) {
    page.fact(
        "beside",
        format!(
            "{with}: {} files there, {} in the copy; of {} that had not changed {} are missing \
             and {} have another size",
            compared.live_files,
            compared.copied_files,
            compared.sampled,
            compared.missing,
            compared.different
        ),
    );
    let names = |names: &[Box<str>]| {
        names.iter().take(4).map(|name| &**name).collect::<Vec<_>>().join(", ")
    };
    page.fact("only there", names(&compared.lacks));
    page.fact("only copied", names(&compared.extra));
}

fn script(page: &mut Page<'_, '_>, job: &JobFacts) {
    page.heading("What makes it");
    page.fact("script", &*job.script);
    page.fact("started by", &*job.started_by);
    for named in &job.reads {
        page.fact("reads", format!("{} (line {})", named.path, named.line));
    }
    if job.more {
        page.fact("reads", "also what only a run knows");
    }
    page.fact("writes", &*job.into);
    page.fact("takes away", job.keeps.as_ref().map_or("", |kept| &*kept.line));
}

fn findings(scene: &Scene<'_>, page: &mut Page<'_, '_>, row: &BackupRow<'_>) {
    let subject = Subject::Backup(row.spec.name.clone());
    let mut about = row
        .host
        .findings
        .iter()
        .filter(|tracked| tracked.counts() && tracked.finding.key.subject == subject);
    let mut first = about.next();
    if first.is_some() {
        page.heading("Findings");
    }
    while let Some(tracked) = first {
        let sign = scene.chrome.glyphs.severity(tracked.finding.severity);
        let role = role_of(tracked.finding.severity);
        page.say(role, &format!("{sign} {}", tracked.finding.summary));
        first = about.next();
    }
}
