//! Building in another zone where AWS has no machines left in the first one, when the order names no zones.

use berth_domain::{
    deployment::{
        Kind,
        blueprint::{Key, Ref, Spec},
        moving::{moved, next_zone},
        network::usable_zones,
        state::{DeploymentState, Work},
    },
    subscription::network::Networking,
};

use super::{entry, pass::Pass};
use crate::Error;

/// How often a zone is asked for a machine before another one is tried.
pub(super) const PATIENCE_WITH_A_ZONE: u32 = 3;

/// Moves what is being built out of the zone of a node that AWS has no machine for. `false` when it has to stay:
/// the zones were ordered, the network is the customer's, or there is no other zone to try.
pub(super) async fn leave(pass: &Pass<'_>, work: &Work, node: &Key) -> Result<bool, Error> {
    let deployment = &work.deployment;
    if deployment.state != DeploymentState::Building || !may_choose(work) {
        return Ok(false);
    }
    let Some(Spec::Instance(spec)) = deployment.blueprint.get(node) else { return Ok(false) };
    let Ref::Own(subnet) = &spec.subnet else { return Ok(false) };
    let Some(Spec::Subnet { zone_id: full, .. }) = deployment.blueprint.get(subnet) else {
        return Ok(false);
    };
    let machines = [spec.instance_type.as_str()];
    let (zones, machines) = match tokio::try_join!(pass.ec2.zones(), pass.ec2.instance_types(&machines)) {
        Ok(answers) => answers,
        Err(error) => {
            tracing::warn!(%error, "could not ask for other zones; trying the same one again");
            return Ok(false);
        }
    };
    let usable = usable_zones(&zones, machines.first());
    let Some(to) = next_zone(deployment, full, &usable) else { return Ok(false) };
    let mut new = deployment.clone();
    new.blueprint = moved(&deployment.blueprint, deployment.id, full, to);
    new.zones.iter_mut().filter(|zone| *zone == full).for_each(|zone| to.clone_into(zone));
    let description = format!(
        "Subscription {} is built in {to} instead of {full}, where AWS has no {} of type {} left.",
        work.subscription.name,
        Kind::Instance.as_str(),
        spec.instance_type
    );
    let event = entry(work.subscription.id, "Subscription moved", description);
    pass.control.0.store.redraw(pass.site, &new, event, pass.now()).await?;
    Ok(true)
}

/// Whether the zones are Berth's choice.
fn may_choose(work: &Work) -> bool {
    let regions = work.subscription.terms.pro().map(|terms| terms.order.regions.as_slice());
    let mut regions = regions.unwrap_or_default().iter();
    regions.find(|region| region.region == work.deployment.region).is_some_and(|region| {
        region.zones.preferred.is_empty() && matches!(region.networking, Networking::Managed { .. })
    })
}
