//! The step that makes of what was sent what may be used.

use super::SyncTarget;
use crate::model::plan::{Change, Step, Undo};
use crate::model::sync::{Far, Scrub};
use crate::ops::backup::LONG;
use crate::probe::quote::quote;

/// Scrubs the copy where nothing else knows of it, says in it what it is, and puts it where only root may
/// change what it is called.
pub(super) fn step(target: &SyncTarget, far: &Far) -> Step {
    let spec = &target.ask.spec;
    let (title, scrub, how) = match &spec.scrub {
        Scrub::Script(script) => (
            "scrub the copy, before anything uses it",
            format!(
                "as env QUARTERDECK_DATA=\"$stage\" sh -c {} \"$stage\" </dev/null\nrc=$?\n\
                 if [ \"$rc\" != 0 ]; then echo \"the scrub failed: status $rc\"; exit 1; fi\n\
                 echo 'the copy is scrubbed'\n",
                quote(&format!("cd -- \"$0\" || exit 1\nset -e\n{script}\n"))
            ),
            "\"scrub\":\"done\"".to_owned(),
        ),
        Scrub::Waived(why) => (
            "take the copy as it is: its scrub is waived",
            format!("printf 'the copy is not scrubbed: %s\\n' {}\n", quote(why)),
            format!("\"scrub\":\"waived\",\"waived\":{}", json(why)),
        ),
    };
    let script = format!(
        ". ./common\n\
         if [ \"$(here \"$src\")\" != \"$was\" ]; then echo \"$src is another directory now\"; exit 1; fi\n\
         {scrub}\
         if [ -z \"$(as find \"$stage\" -xdev -type f | head -n 1)\" ]; then echo 'no file is left of the copy'; exit 1; fi\n\
         # Programs that give their owner's rights do not come from elsewhere.\n\
         as find \"$stage\" -xdev -type f \\( -perm -4000 -o -perm -2000 \\) -exec chmod ug-s {{}} + || exit 1\n\
         away=$(as find \"$stage\" -xdev -type l -exec readlink {{}} \\; | grep -c '^/')\n\
         if [ \"$away\" != 0 ]; then echo \"$away symbolic links in it lead to where they do not here: their paths are absolute\"; fi\n\
         # What it is, for whoever finds it: since when, from where, by whom.\n\
         at=$(stat -c %Y -- \"$store/incoming\")\n\
         by=$(sed -n 's/^operator=//p' \"../../subjects/$(. ./settings && printf %s \"$subject\")/claim/claim\" | tr -d '\\000-\\037' | sed 's/[\\\\\"]/\\\\&/g')\n\
         printf '{{\"environment\":%s,\"snapshot_from_%s\":\"%s\",\"taken\":\"%s\",\"from\":%s,\"by\":\"%s\",\"operation\":\"%s\",%s}}\\n' \\\n  \
         {env} {from_env} \"$(date -u -d \"@$at\" +%Y%m%d_%H%M%S)\" \"$(date -u -d \"@$at\" +%Y-%m-%dT%H:%M:%SZ)\" \\\n  \
         {from} \"$by\" \"$op\" {how} |\n  \
         as sh -c 'cd -- \"$0\" && rm -rf -- \"$1\" && cat >\"$1\"' \"$stage\" {marker} || exit 1\n\
         mkdir -m 700 -- \"$beside\" && mv -T -- \"$stage\" \"$beside/tree\" || exit 1\n\
         (\n  stand \"$beside\" || exit 1\n  \
         if [ -L tree ] || ! [ -d tree ] || [ -n \"$(find tree -xdev \\( -type b -o -type c \\) | head -n 1)\" ]; then echo 'what came is no directory of files'; exit 1; fi\n  \
         synced .\n  \
         cd -P -- tree && chown --reference=\"$src\" -- . && chmod --reference=\"$src\" -- .\n) || exit 1\n\
         printf 'tree\\n' >top\nbare\n\
         echo \"$(find \"$beside/tree\" -xdev -type f | wc -l) files are beside $src, owned by $own\"\n",
        env = quote(&json(target.ask.env.as_str())),
        from_env = quote(&plain(far.env.as_str())),
        from = quote(&format!(
            "{{\"environment\":{},\"host\":{},\"path\":{}}}",
            json(far.env.as_str()),
            json(far.host.as_str()),
            json(&far.real)
        )),
        how = quote(&how),
        marker = quote(&spec.marker(&target.ask.env)),
    );
    Step {
        number: 30,
        title: title.to_owned(),
        change: Change::Additive,
        script,
        undo: Undo::Script(
            ". ./common\n# Only what this operation brought: the names are its own.\nrm -rf -- \"$beside\" && drop\n"
                .to_owned(),
        ),
        limit: LONG,
        idle: LONG,
    }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A name within a name.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
