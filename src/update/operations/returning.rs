//! What others have deployed goes back since a host failed: hosts are looked at, a plan is made, and it is
//! run by the confirmation of the deploy, which said so. It is tried once.

use std::sync::Arc;
use std::time::Duration;

use crate::effect::Effect;
use crate::model::Model;
use crate::model::acting::{Return, Returning, goes_back};
use crate::model::ids::InstanceId;
use crate::model::operation::OpId;
use crate::model::plan::{Confirmation, ConfirmedPlan, Intent, Plan};
use crate::model::screen::Overlay;
use crate::model::severity::Severity;
use crate::model::verb::Verb;
use crate::update::{planning, say};

/// Hosts that have not answered by then do not.
const PATIENCE: Duration = Duration::from_secs(120);

/// Of returns that are over so many are remembered.
const HELD: usize = 50;

/// An operation is over: what its policy says goes back.
pub(super) fn after(model: &mut Model, id: &OpId) -> Vec<Effect> {
    let Some(operation) = model.acting.operation(id) else { return Vec::new() };
    let back = goes_back(operation);
    if back.is_empty() || model.acting.return_of(id).is_some() {
        return Vec::new();
    }
    let (permit, soak) = (operation.plan.permit().clone(), operation.plan().intent.soak);
    let undrained = operation.plan().intent.undrained;
    let Some(mut intent) = Intent::new(Verb::Rollback, &back) else { return Vec::new() };
    intent.picked = back;
    intent.soak = soak;
    intent.undrained = undrained;
    let (planning, effects) = planning::begin(model, intent);
    let asked = planning.asked;
    let state = Returning::Planning(Box::new(planning));
    let (of, since) = (id.clone(), model.now);
    model.acting.returns.push(Return { of, permit, since, state });
    let surplus = model.acting.returns.len().saturating_sub(HELD);
    model.acting.returns.drain(..surplus);
    planning::settle(model, asked);
    effects.into_iter().chain(settled(model)).collect()
}

/// Hosts have answered, or time went by: what is planned is begun.
pub(super) fn settled(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    for at in 0..model.acting.returns.len() {
        let Some(one) = model.acting.returns.get(at) else { continue };
        let Returning::Planning(planning) = &one.state else { continue };
        let late = model.now.since(one.since) > PATIENCE;
        let made = match &planning.made {
            Some(Ok(plan)) => begin(model, &Arc::clone(plan), one.clone()),
            Some(Err(refusals)) => Err(refusals.clone()),
            None if late => {
                let why = |id: &InstanceId| (id.clone(), "it does not answer".to_owned());
                Err(planning.waits_for().map(why).collect())
            }
            None => continue,
        };
        let state = match made {
            Ok((op, more)) => {
                effects.extend(more);
                Returning::Begun(op)
            }
            Err(refusals) => {
                let why: Vec<String> =
                    refusals.iter().map(|(id, why)| format!("{id}: {why}")).collect();
                let text = format!("what succeeded does not go back: {}", why.join("; "));
                say(model, Severity::Critical, text);
                Returning::Refused(refusals)
            }
        };
        if let Some(one) = model.acting.returns.get_mut(at) {
            one.state = state;
        }
    }
    effects
}

/// The same, behind what is asked besides.
pub(super) fn with(model: &mut Model, mut effects: Vec<Effect>) -> Vec<Effect> {
    effects.extend(settled(model));
    effects
}

type Begun = Result<(OpId, Vec<Effect>), Vec<(InstanceId, String)>>;

fn begin(model: &mut Model, plan: &Arc<Plan>, one: Return) -> Begun {
    let refused = |why: String| {
        let ids = plan
            .hosts
            .iter()
            .map(|host| InstanceId { host: host.host.clone(), service: host.service.clone() });
        Err(ids.take(1).map(|id| (id, why.clone())).collect())
    };
    let Some(failed) = model.acting.operation(&one.of) else {
        return refused("what failed is not remembered any more".to_owned());
    };
    let how = Confirmation::Policy(Arc::clone(failed.plan()));
    match ConfirmedPlan::new(Arc::clone(plan), &how, one.permit) {
        Ok(confirmed) => {
            let (id, effects) = planning::run(model, confirmed);
            show(model, &one.of, &id);
            say(model, Severity::Warning, format!("{}: as the policy says", plan.title()));
            Ok((id, effects))
        }
        Err(why) => refused(why.to_string()),
    }
}

/// Whoever looks at what failed sees what comes of it.
fn show(model: &mut Model, of: &OpId, id: &OpId) {
    if let Some(Overlay::Operation { id: shown, .. }) = model.screen.overlays.last()
        && shown == of
    {
        model.screen.overlays.push(Overlay::Operation { id: id.clone(), scroll: 0 });
    }
}
