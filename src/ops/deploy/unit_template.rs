//! A unit file that is made from a template. It is written beside and proved by systemd, then takes the
//! place of the one that is there, which is kept; a unit whose file is that already is left alone.

use super::{BEGUN, Done, Job, newest, up_again};
use crate::model::deploy::Release;
use crate::model::plan::Undo;
use crate::ops::drop_in::PROVE;
use crate::ops::script::Read;
use crate::probe::quote::quote;

/// Releases that one can go back to.
const KEPT: usize = 5;

pub(super) fn done(job: &Job<'_>, text: &str) -> Done {
    let make = match job.back {
        None => format!("printf '%s' {} >\"$new\" || exit 1\n", quote(text)),
        Some(Release { id, .. }) => format!("cat -- \"$kept\"/{} >\"$new\" || exit 1\n", quote(id)),
    };
    let stage =
        format!("umask 022\nmkdir -p staged || exit 1\n{make}path=$work/$new\n{PROVE}exit 0\n");
    let take = format!(
        "if [ \"$(sum)\" != {} ]; then echo \"$file was changed meanwhile\"; exit 1; fi\n\
         if [ -e \"$file\" ]; then cp -p -- \"$file\" old.unit || exit 1; fi\n\
         {BEGUN}cp -- \"$new\" \"$file.new\" && chmod 644 -- \"$file.new\" && mv -f -- \"$file.new\" \"$file\" || exit 1\n\
         systemctl daemon-reload || exit 1\nexit 0\n",
        quote(&job.look.tree)
    );
    let mut back = "if [ -e begun ]; then\n  \
         if [ -e old.unit ]; then cp -p -- old.unit \"$file.new\" && mv -f -- \"$file.new\" \"$file\" || exit 1\n  \
         else rm -f -- \"$file\" \"$file.new\"; fi\n  \
         rm -f begun\n  systemctl daemon-reload || exit 1\n  echo 'the unit file is as it was'\nfi\n"
        .to_owned();
    back.push_str(&up_again(job));
    let tidy = format!(
        "mkdir -p -- \"$kept\" && cp -- \"$new\" \"$kept/${{name:-$op}}\" || echo 'it is not kept: one cannot go back to it'\n\
         {stay}for one in \"$kept\"/*; do\n  \
         case \" $(echo $stay) ${{name:-$op}} \" in *\" ${{one##*/}} \"*) continue ;; esac\n  rm -f -- \"$one\"\ndone\n",
        stay = newest(KEPT + 1)
    );
    let name =
        job.back.map_or_else(String::new, |release| format!("name={}\n", quote(&release.id)));
    Done {
        stage: Some((stage, "rm -rf -- staged\nexit 0\n".to_owned())),
        activate: (
            "put it in its place, and let systemd read it".to_owned(),
            take,
            Undo::Script(back),
        ),
        common: format!(
            "{name}file=/etc/systemd/system/$unit new=staged/$unit\n\
             kept=../../subjects/$(. ./settings && printf %s \"$subject\")/units\n\
             sum() {{ if [ -e \"$file\" ]; then sha256sum <\"$file\" | cut -d ' ' -f 1; fi; }}\n"
        ),
        again: String::new(),
        meanwhile: None,
        tidy,
        reads: vec![Read { name: "unit file", value: job.look.tree.to_string(), how: "sum" }],
        identity: None,
        warnings: Vec::new(),
    }
}
