//! Reading all policies of a role, or of a user and its groups: inline and managed.

use std::collections::BTreeSet;

use aws_sdk_iam::{operation::RequestId, types::AttachedPolicy};
use berth_cloud::{Answer, Error};
use berth_domain::{breadth::PolicyText, permissions::Grantee};
use futures::{StreamExt, TryStreamExt, stream, try_join};

use crate::{
    call::{self, call, read},
    errors::unexpected,
    session::{AwsSession, MAX_ITEMS, decode_policy, next_page},
};

/// How many policies are read at once: IAM's limits are the AWS account's, shared with its owner's tools.
const AT_ONCE: usize = 8;

/// Lists, page by page, what `$field` of the answers holds.
macro_rules! list {
    ($session:expr, $operation:expr, $request:expr, $field:ident, $read:expr) => {{
        let mut found = Vec::new();
        let mut marker = None;
        loop {
            let request = $request.max_items(MAX_ITEMS).set_marker(marker);
            let request = request.customize().config_override($session.iam_config());
            let answer = call($operation, request.send()).await?;
            found.extend(answer.$field().iter().filter_map($read));
            marker = next_page($operation, answer.request_id(), answer.is_truncated(), answer.marker())?;
            if marker.is_none() {
                break read($operation, &answer, found);
            }
        }
    }};
}

/// Where a policy is found.
enum Place {
    Inline(String),
    OfGroup { group: String, policy: String },
    Managed(String),
}

/// Every policy of a user or a role, with its document.
pub(crate) async fn of(session: &AwsSession, grantee: &Grantee) -> Result<Answer<Vec<PolicyText>>, Error> {
    let listed = match grantee {
        Grantee::User(_) => listed_of_user(session, grantee.name()).await?,
        Grantee::Role(_) => listed_of_role(session, grantee.name()).await?,
    };
    // The same managed policy may come by several ways.
    let mut seen = BTreeSet::new();
    let mut places = listed.value;
    places.retain(|place| match place {
        Place::Managed(arn) => seen.insert(arn.clone()),
        _ => true,
    });
    let read: Vec<Answer<PolicyText>> = stream::iter(places)
        .map(|place| document(session, grantee, place))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let (operation, request_id) = match read.last() {
        Some(last) => (last.operation, last.request_id.clone()),
        None => (listed.operation, listed.request_id),
    };
    Ok(Answer { value: read.into_iter().map(|policy| policy.value).collect(), operation, request_id })
}

async fn listed_of_user(session: &AwsSession, user: &str) -> Result<Answer<Vec<Place>>, Error> {
    let iam = &session.clients.iam;
    let inline = async {
        let request = || iam.list_user_policies().user_name(user);
        Ok::<_, Error>(list!(session, call::LIST_USER_POLICIES, request(), policy_names, inline))
    };
    let attached = async {
        let request = || iam.list_attached_user_policies().user_name(user);
        let operation = call::LIST_ATTACHED_USER_POLICIES;
        Ok::<_, Error>(list!(session, operation, request(), attached_policies, managed_place))
    };
    let groups = async {
        let request = || iam.list_groups_for_user().user_name(user);
        let name = |group: &aws_sdk_iam::types::Group| Some(group.group_name().to_owned());
        let groups = list!(session, call::LIST_GROUPS_FOR_USER, request(), groups, name);
        let places = stream::iter(groups.value).map(|group| of_group(session, group)).buffered(AT_ONCE);
        places.try_concat().await
    };
    let (inline, attached, of_groups) = try_join!(inline, attached, groups)?;
    Ok(together(inline, attached, of_groups))
}

async fn listed_of_role(session: &AwsSession, role: &str) -> Result<Answer<Vec<Place>>, Error> {
    let iam = &session.clients.iam;
    let inline = async {
        let request = || iam.list_role_policies().role_name(role);
        Ok::<_, Error>(list!(session, call::LIST_ROLE_POLICIES, request(), policy_names, inline))
    };
    let attached = async {
        let request = || iam.list_attached_role_policies().role_name(role);
        let operation = call::LIST_ATTACHED_ROLE_POLICIES;
        Ok::<_, Error>(list!(session, operation, request(), attached_policies, managed_place))
    };
    let (inline, attached) = try_join!(inline, attached)?;
    Ok(together(inline, attached, Vec::new()))
}

#[expect(clippy::ptr_arg, reason = "that is what the SDK's lists hold")]
fn inline(name: &String) -> Option<Place> {
    Some(Place::Inline(name.clone()))
}

fn managed_place(policy: &AttachedPolicy) -> Option<Place> {
    policy.policy_arn().map(|arn| Place::Managed(arn.to_owned()))
}

/// All lists in one, in the name of the call that told of the managed policies.
fn together(
    inline: Answer<Vec<Place>>,
    attached: Answer<Vec<Place>>,
    of_groups: Vec<Place>,
) -> Answer<Vec<Place>> {
    let Answer { value, operation, request_id } = attached;
    Answer {
        value: inline.value.into_iter().chain(value).chain(of_groups).collect(),
        operation,
        request_id,
    }
}

async fn of_group(session: &AwsSession, group: String) -> Result<Vec<Place>, Error> {
    let iam = &session.clients.iam;
    let inline = async {
        let request = || iam.list_group_policies().group_name(&group);
        let own = |policy: &String| Some(Place::OfGroup { group: group.clone(), policy: policy.clone() });
        Ok::<_, Error>(list!(session, call::LIST_GROUP_POLICIES, request(), policy_names, own))
    };
    let attached = async {
        let request = || iam.list_attached_group_policies().group_name(&group);
        let operation = call::LIST_ATTACHED_GROUP_POLICIES;
        Ok::<_, Error>(list!(session, operation, request(), attached_policies, managed_place))
    };
    let (inline, attached) = try_join!(inline, attached)?;
    Ok(inline.value.into_iter().chain(attached.value).collect())
}

async fn document(session: &AwsSession, of: &Grantee, place: Place) -> Result<Answer<PolicyText>, Error> {
    match place {
        Place::Inline(policy) => match of {
            Grantee::User(_) => {
                let request =
                    session.clients.iam.get_user_policy().user_name(of.name()).policy_name(&policy);
                let request = request.customize().config_override(session.iam_config());
                let answer = call(call::GET_USER_POLICY, request.send()).await?;
                text(call::GET_USER_POLICY, &answer, &policy, Some(answer.policy_document()))
            }
            Grantee::Role(_) => {
                let request =
                    session.clients.iam.get_role_policy().role_name(of.name()).policy_name(&policy);
                let request = request.customize().config_override(session.iam_config());
                let answer = call(call::GET_ROLE_POLICY, request.send()).await?;
                text(call::GET_ROLE_POLICY, &answer, &policy, Some(answer.policy_document()))
            }
        },
        Place::OfGroup { group, policy } => {
            let request = session.clients.iam.get_group_policy().group_name(group).policy_name(&policy);
            let request = request.customize().config_override(session.iam_config());
            let answer = call(call::GET_GROUP_POLICY, request.send()).await?;
            text(call::GET_GROUP_POLICY, &answer, &policy, Some(answer.policy_document()))
        }
        Place::Managed(arn) => managed(session, &arn).await,
    }
}

/// The version of a managed policy that is in force.
async fn managed(session: &AwsSession, arn: &str) -> Result<Answer<PolicyText>, Error> {
    let request = session.clients.iam.get_policy().policy_arn(arn);
    let answer =
        call(call::GET_POLICY, request.customize().config_override(session.iam_config()).send()).await?;
    let version = answer.policy().and_then(|policy| policy.default_version_id());
    let version = version.ok_or_else(|| {
        unexpected(call::GET_POLICY, answer.request_id(), "the policy has no version in force")
    })?;
    let request = session.clients.iam.get_policy_version().policy_arn(arn).version_id(version);
    let request = request.customize().config_override(session.iam_config());
    let answer = call(call::GET_POLICY_VERSION, request.send()).await?;
    let document = answer.policy_version().and_then(|version| version.document());
    text(call::GET_POLICY_VERSION, &answer, arn, document)
}

fn text(
    operation: &'static str,
    answer: &impl RequestId,
    name: &str,
    document: Option<&str>,
) -> Result<Answer<PolicyText>, Error> {
    let document = document.and_then(decode_policy);
    let document =
        document.ok_or_else(|| unexpected(operation, answer.request_id(), "the policy is not text"))?;
    Ok(read(operation, answer, PolicyText { name: name.to_owned(), document }))
}
