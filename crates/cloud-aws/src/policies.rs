//! Reading all policies of a role, or of a user and its groups: inline and managed.

use std::collections::BTreeSet;

use aws_sdk_iam::{operation::RequestId, types::AttachedPolicy};
use berth_cloud::{Answer, Error};
use berth_domain::{breadth::PolicyText, permissions::Grantee};
use futures::{StreamExt, TryStreamExt, stream, try_join};

use crate::{
    call::{call, pages, read},
    errors::unexpected,
    session::{AwsSession, MAX_ITEMS, decode_policy},
};

/// How many policies are read at once: IAM's limits are the AWS account's, shared with its owner's tools.
const AT_ONCE: usize = 8;

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
    let iam = session.iam();
    let inline = async {
        let listed = iam.list_user_policies().user_name(user).into_paginator().page_size(MAX_ITEMS).send();
        pages("iam:ListUserPolicies", None, listed, |page| (page.policy_names, page.is_truncated)).await
    };
    let attached = async {
        let request = iam.list_attached_user_policies().user_name(user);
        let listed = request.into_paginator().page_size(MAX_ITEMS).send();
        pages("iam:ListAttachedUserPolicies", None, listed, |page| {
            (page.attached_policies.unwrap_or_default(), page.is_truncated)
        })
        .await
    };
    let groups = async {
        let listed =
            iam.list_groups_for_user().user_name(user).into_paginator().page_size(MAX_ITEMS).send();
        let groups = pages("iam:ListGroupsForUser", None, listed, |page| (page.groups, page.is_truncated))
            .await?
            .value;
        let places = stream::iter(groups).map(|group| of_group(session, group.group_name));
        places.buffered(AT_ONCE).try_concat().await
    };
    let (inline, attached, of_groups) = try_join!(inline, attached, groups)?;
    Ok(together(inline, attached, of_groups))
}

async fn listed_of_role(session: &AwsSession, role: &str) -> Result<Answer<Vec<Place>>, Error> {
    let iam = session.iam();
    let inline = async {
        let listed = iam.list_role_policies().role_name(role).into_paginator().page_size(MAX_ITEMS).send();
        pages("iam:ListRolePolicies", None, listed, |page| (page.policy_names, page.is_truncated)).await
    };
    let attached = async {
        let request = iam.list_attached_role_policies().role_name(role);
        let listed = request.into_paginator().page_size(MAX_ITEMS).send();
        pages("iam:ListAttachedRolePolicies", None, listed, |page| {
            (page.attached_policies.unwrap_or_default(), page.is_truncated)
        })
        .await
    };
    let (inline, attached) = try_join!(inline, attached)?;
    Ok(together(inline, attached, Vec::new()))
}

fn managed_places(attached: Vec<AttachedPolicy>) -> impl Iterator<Item = Place> {
    attached.into_iter().filter_map(|policy| policy.policy_arn.map(Place::Managed))
}

/// All lists in one, in the name of the call that told of the managed policies.
fn together(
    inline: Answer<Vec<String>>,
    attached: Answer<Vec<AttachedPolicy>>,
    of_groups: Vec<Place>,
) -> Answer<Vec<Place>> {
    let inline = inline.value.into_iter().map(Place::Inline);
    attached.map(|attached| inline.chain(managed_places(attached)).chain(of_groups).collect())
}

async fn of_group(session: &AwsSession, group: String) -> Result<Vec<Place>, Error> {
    let iam = session.iam();
    let inline = async {
        let request = iam.list_group_policies().group_name(&group);
        let listed = request.into_paginator().page_size(MAX_ITEMS).send();
        pages("iam:ListGroupPolicies", None, listed, |page| (page.policy_names, page.is_truncated)).await
    };
    let attached = async {
        let request = iam.list_attached_group_policies().group_name(&group);
        let listed = request.into_paginator().page_size(MAX_ITEMS).send();
        pages("iam:ListAttachedGroupPolicies", None, listed, |page| {
            (page.attached_policies.unwrap_or_default(), page.is_truncated)
        })
        .await
    };
    let (inline, attached) = try_join!(inline, attached)?;
    let own = inline.value.into_iter().map(|policy| Place::OfGroup { group: group.clone(), policy });
    Ok(own.chain(managed_places(attached.value)).collect())
}

async fn document(session: &AwsSession, of: &Grantee, place: Place) -> Result<Answer<PolicyText>, Error> {
    let iam = session.iam();
    match (place, of) {
        (Place::Inline(policy), Grantee::User(_)) => {
            const OPERATION: &str = "iam:GetUserPolicy";
            let request = iam.get_user_policy().user_name(of.name()).policy_name(&policy);
            let answer = call(OPERATION, request.send()).await?;
            text(OPERATION, &answer, &policy, Some(answer.policy_document()))
        }
        (Place::Inline(policy), Grantee::Role(_)) => {
            const OPERATION: &str = "iam:GetRolePolicy";
            let request = iam.get_role_policy().role_name(of.name()).policy_name(&policy);
            let answer = call(OPERATION, request.send()).await?;
            text(OPERATION, &answer, &policy, Some(answer.policy_document()))
        }
        (Place::OfGroup { group, policy }, _) => {
            const OPERATION: &str = "iam:GetGroupPolicy";
            let request = iam.get_group_policy().group_name(group).policy_name(&policy);
            let answer = call(OPERATION, request.send()).await?;
            text(OPERATION, &answer, &policy, Some(answer.policy_document()))
        }
        (Place::Managed(arn), _) => managed(session, &arn).await,
    }
}

/// The version of a managed policy that is in force.
async fn managed(session: &AwsSession, arn: &str) -> Result<Answer<PolicyText>, Error> {
    const POLICY: &str = "iam:GetPolicy";
    const VERSION: &str = "iam:GetPolicyVersion";
    let answer = call(POLICY, session.iam().get_policy().policy_arn(arn).send()).await?;
    let version = answer.policy().and_then(|policy| policy.default_version_id());
    let version = version
        .ok_or_else(|| unexpected(POLICY, answer.request_id(), "the policy has no version in force"))?;
    let request = session.iam().get_policy_version().policy_arn(arn).version_id(version);
    let answer = call(VERSION, request.send()).await?;
    text(VERSION, &answer, arn, answer.policy_version().and_then(|version| version.document()))
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
