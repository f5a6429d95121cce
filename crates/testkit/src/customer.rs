//! A customer's AWS account, prepared in a simulator as the customer's administrator would,
//! and the ways to spoil it.

use serde_json::{Value, json};

use crate::simulator::{AwsError, Credentials, Kind, Simulator};

/// The AWS account that console roles trust unless a test says otherwise.
pub const OPERATOR_ACCOUNT: &str = "999988887777";

/// AWS refuses managed policies over this many characters, white space not counted; simulators don't.
const MANAGED_POLICY_LIMIT: usize = 6144;

/// An AWS account in a simulator.
pub struct Customer {
    /// 12 digits; no other customer has it.
    pub account_id: String,
    /// The user's access key.
    pub access_key: Credentials,
    /// What its IAM objects are called.
    pub names: Names,
    simulator: Simulator,
    admin: Credentials,
    policies: Vec<Value>,
}

/// What the IAM objects of a customer are called: it depends on the permission profile.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// The IAM user.
    pub user: &'static str,
    /// The managed policy of that user.
    pub policy: &'static str,
    /// The role people sign in with.
    pub console_role: &'static str,
    /// The role of instances.
    pub node_role: &'static str,
    /// The instance profile that carries it.
    pub instance_profile: &'static str,
}

/// What a customer has. Everything a working account needs, less what is taken away.
pub struct CustomerBuilder {
    simulator: Simulator,
    names: Names,
    policies: Vec<Value>,
    trust_policy: Option<Value>,
    node: Node,
}

#[derive(PartialEq, Eq)]
enum Node {
    Nothing,
    RoleOnly,
    RoleAndProfile,
}

impl Names {
    /// Permission profile `berth`.
    pub const BERTH: Self = Self {
        user: "berth-user",
        policy: "berth-policy",
        console_role: "berth-console",
        node_role: "berth-node",
        instance_profile: "berth-node",
    };

    /// Permission profile `redis-cloud`.
    pub const REDIS_CLOUD: Self = Self {
        user: "redislabs-user",
        policy: "RedislabsIAMUserRestrictedPolicy",
        console_role: "redislabs-role",
        node_role: "redislabs-cluster-node-role",
        instance_profile: "redislabs-cluster-node-role",
    };
}

/// The role that Berth assumes instead of using a key.
const ACCESS_ROLE: &str = "berth-access";

/// The trust policy of a good role for Berth to assume: the operator's AWS account, with that external id.
pub fn access_trust_policy(external_id: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{OPERATOR_ACCOUNT}:root")},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }]})
}

/// The trust policy of a good console role: that AWS account, with MFA.
pub fn trust_policy(operator_account: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{operator_account}:root")},
        "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }]})
}

impl CustomerBuilder {
    /// Other names than [`Names::BERTH`].
    pub fn names(mut self, names: Names) -> Self {
        self.names = names;
        self
    }

    /// A managed policy of the user; call it again for a second one.
    ///
    /// On a simulator that can't evaluate conditions (ministack), Allow statements lose theirs.
    pub fn policy(mut self, document: Value) -> Self {
        self.policies.push(document);
        self
    }

    /// Another trust policy of the console role than `trust_policy(OPERATOR_ACCOUNT)`.
    pub fn trust_policy(mut self, document: Value) -> Self {
        self.trust_policy = Some(document);
        self
    }

    /// No console role.
    pub fn without_console_role(mut self) -> Self {
        self.trust_policy = None;
        self
    }

    /// No node role, and so no instance profile that carries it.
    pub fn without_node_role(mut self) -> Self {
        self.node = Node::Nothing;
        self
    }

    /// A node role that no instance profile carries.
    pub fn without_instance_profile(mut self) -> Self {
        self.node = Node::RoleOnly;
        self
    }

    /// Prepares it all.
    pub async fn prepare(self) -> Customer {
        let account_id = rand::random_range(100_000_000_000_u64..1_000_000_000_000).to_string();
        let admin = self.simulator.admin(&account_id).await;
        let mut customer = Customer {
            account_id,
            access_key: unknown_access_key(),
            names: self.names,
            simulator: self.simulator,
            admin,
            policies: Vec::new(),
        };
        customer.iam("create_user", json!({"UserName": customer.names.user})).await;
        customer.access_key = customer.create_access_key().await;
        customer.allow_get_caller_identity().await;
        customer.replace_policies(self.policies).await;
        if let Some(document) = &self.trust_policy {
            customer.create_console_role(document).await;
        }
        if self.node != Node::Nothing {
            customer.create_node_role().await;
        }
        if self.node == Node::RoleAndProfile {
            customer.create_instance_profile().await;
        }
        customer
    }
}

impl Customer {
    /// A customer to be: with user, access key, console role, node role and instance profile, but
    /// no permissions until [`CustomerBuilder::policy`] gives some.
    pub fn builder(simulator: &Simulator) -> CustomerBuilder {
        CustomerBuilder {
            simulator: simulator.clone(),
            names: Names::BERTH,
            policies: Vec::new(),
            trust_policy: Some(trust_policy(OPERATOR_ACCOUNT)),
            node: Node::RoleAndProfile,
        }
    }

    /// The user's ARN.
    pub fn user_arn(&self) -> String {
        format!("arn:aws:iam::{}:user/{}", self.account_id, self.names.user)
    }

    /// The console role's ARN.
    pub fn console_role_arn(&self) -> String {
        format!("arn:aws:iam::{}:role/{}", self.account_id, self.names.console_role)
    }

    /// The node role's ARN.
    pub fn node_role_arn(&self) -> String {
        format!("arn:aws:iam::{}:role/{}", self.account_id, self.names.node_role)
    }

    /// Where the people of this account sign in.
    pub fn sign_in_url(&self) -> String {
        format!("https://{}.signin.aws.amazon.com/console", self.account_id)
    }

    /// One AWS call with the user's access key.
    pub async fn call(&self, service: &str, operation: &str, params: Value) -> Result<Value, AwsError> {
        self.simulator.call(service, operation, params, &self.access_key).await
    }

    /// One AWS call as the account's administrator.
    pub async fn admin_call(
        &self,
        service: &str,
        operation: &str,
        params: Value,
    ) -> Result<Value, AwsError> {
        self.simulator.call(service, operation, params, &self.admin).await
    }

    /// One AWS call as the account's administrator, in an AWS region.
    pub async fn admin_call_in(
        &self,
        region: &str,
        service: &str,
        operation: &str,
        params: Value,
    ) -> Result<Value, AwsError> {
        self.simulator.call_in(region, service, operation, params, &self.admin).await
    }

    /// Which simulator the account is in.
    pub fn simulator(&self) -> Kind {
        self.simulator.kind()
    }

    // ---- keys

    /// The user's key with a secret that isn't its own.
    pub fn wrong_secret(&self) -> Credentials {
        Credentials { secret_access_key: random_text(40), ..self.access_key.clone() }
    }

    /// A second access key of the user, for rotation.
    pub async fn create_access_key(&self) -> Credentials {
        let answer = self.iam("create_access_key", json!({"UserName": self.names.user})).await;
        let part = |name: &str| answer["AccessKey"][name].as_str().unwrap_or_default().to_owned();
        Credentials::new(part("AccessKeyId"), part("SecretAccessKey"))
    }

    /// Makes an access key of the user inactive.
    pub async fn disable_access_key(&self, access_key_id: &str) {
        self.set_access_key_status(access_key_id, "Inactive").await;
    }

    /// Makes an access key of the user active again.
    pub async fn enable_access_key(&self, access_key_id: &str) {
        self.set_access_key_status(access_key_id, "Active").await;
    }

    /// Deletes an access key of the user.
    pub async fn delete_access_key(&self, access_key_id: &str) {
        let params = json!({"UserName": self.names.user, "AccessKeyId": access_key_id});
        self.iam("delete_access_key", params).await;
    }

    /// Temporary credentials in this account: those of a role's session.
    pub async fn session(&self) -> Credentials {
        let role = "session";
        let anyone = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]});
        self.create_role(role, &anyone).await;
        if self.simulator.kind() == Kind::Fakecloud {
            let params = json!({"RoleName": role, "PolicyName": GET_CALLER_IDENTITY, "PolicyDocument": may_identify().to_string()});
            self.iam("put_role_policy", params).await;
        }
        let arn = format!("arn:aws:iam::{}:role/{role}", self.account_id);
        let params = json!({"RoleArn": arn, "RoleSessionName": "test"});
        let answer = self.admin_call("sts", "assume_role", params).await.expect("the role trusts anyone");
        let part = |name: &str| answer["Credentials"][name].as_str().unwrap_or_default().to_owned();
        Credentials {
            session_token: Some(part("SessionToken")),
            ..Credentials::new(part("AccessKeyId"), part("SecretAccessKey"))
        }
    }

    // ---- permissions

    /// Denies an action explicitly, whatever else allows it.
    pub async fn deny(&self, action: &str) {
        let document = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Action": action, "Resource": "*"}]});
        self.put_inline_policy(&format!("deny-{}", action.replace([':', '*'], "-")), &document).await;
    }

    /// Takes an action out of the user's policies, which must name it literally.
    pub async fn remove_action(&mut self, action: &str) {
        let mut policies = self.policies.clone();
        let removed: usize = policies.iter_mut().map(|policy| remove_action(policy, action)).sum();
        assert!(removed > 0, "no policy of the customer names {action}");
        self.replace_policies(policies).await;
    }

    /// Replaces all managed policies of the user.
    pub async fn replace_policies(&mut self, policies: Vec<Value>) {
        for index in 0..self.policies.len() {
            let arn = self.policy_arn(index);
            let params = json!({"UserName": self.names.user, "PolicyArn": arn});
            self.iam("detach_user_policy", params).await;
            self.iam("delete_policy", json!({"PolicyArn": arn})).await;
        }
        self.policies = policies;
        for index in 0..self.policies.len() {
            self.create_policy(index).await;
        }
    }

    // ---- roles

    /// Creates the console role.
    pub async fn create_console_role(&self, trust_policy: &Value) {
        self.create_role(self.names.console_role, trust_policy).await;
    }

    /// The ARN of the role that Berth assumes, once [`Self::create_access_role`] made it.
    pub fn access_role_arn(&self) -> String {
        format!("arn:aws:iam::{}:role/{ACCESS_ROLE}", self.account_id)
    }

    /// Creates the role that Berth assumes instead of using a key, with the policies that the user has.
    pub async fn create_access_role(&self, trust_policy: &Value) {
        self.create_role(ACCESS_ROLE, trust_policy).await;
        self.for_access_role("attach_role_policy").await;
    }

    /// Replaces all managed policies of the role that Berth assumes, and of the user.
    pub async fn replace_role_policies(&mut self, policies: Vec<Value>) {
        self.for_access_role("detach_role_policy").await;
        self.replace_policies(policies).await;
        self.for_access_role("attach_role_policy").await;
    }

    async fn for_access_role(&self, operation: &str) {
        for index in 0..self.policies.len() {
            let params = json!({"RoleName": ACCESS_ROLE, "PolicyArn": self.policy_arn(index)});
            self.iam(operation, params).await;
        }
    }

    /// Replaces the trust policy of the role that Berth assumes.
    pub async fn replace_access_trust(&self, trust_policy: &Value) {
        let params = json!({"RoleName": ACCESS_ROLE, "PolicyDocument": trust_policy.to_string()});
        self.iam("update_assume_role_policy", params).await;
    }

    /// Deletes the console role.
    pub async fn delete_console_role(&self) {
        self.iam("delete_role", json!({"RoleName": self.names.console_role})).await;
    }

    /// Replaces the console role's trust policy.
    pub async fn replace_trust_policy(&self, trust_policy: &Value) {
        let params =
            json!({"RoleName": self.names.console_role, "PolicyDocument": trust_policy.to_string()});
        self.iam("update_assume_role_policy", params).await;
    }

    /// Deletes the instance profile; the node role stays.
    pub async fn delete_instance_profile(&self) {
        let profile = self.names.instance_profile;
        let params = json!({"InstanceProfileName": profile, "RoleName": self.names.node_role});
        self.iam("remove_role_from_instance_profile", params).await;
        self.iam("delete_instance_profile", json!({"InstanceProfileName": profile})).await;
    }

    // ---- users

    /// A user who signs in to the AWS console with a password.
    pub async fn create_console_user(&self, name: &str, password: &str) {
        self.iam("create_user", json!({"UserName": name})).await;
        self.iam("create_login_profile", json!({"UserName": name, "Password": password})).await;
    }

    /// Deletes the user with all that AWS wants gone before.
    pub async fn delete_user(&mut self) {
        self.replace_policies(Vec::new()).await;
        let user = json!({"UserName": self.names.user});
        let inline = self.iam("list_user_policies", user.clone()).await;
        for name in inline["PolicyNames"].as_array().into_iter().flatten() {
            let params = json!({"UserName": self.names.user, "PolicyName": name});
            self.iam("delete_user_policy", params).await;
        }
        let keys = self.iam("list_access_keys", user.clone()).await;
        for key in keys["AccessKeyMetadata"].as_array().into_iter().flatten() {
            self.delete_access_key(key["AccessKeyId"].as_str().unwrap_or_default()).await;
        }
        self.iam("delete_user", user).await;
    }

    // ---- helpers

    async fn iam(&self, operation: &str, params: Value) -> Value {
        self.admin_call("iam", operation, params)
            .await
            .unwrap_or_else(|error| panic!("the customer's administrator can't {operation}: {error}"))
    }

    async fn set_access_key_status(&self, access_key_id: &str, status: &str) {
        let params = json!({"UserName": self.names.user, "AccessKeyId": access_key_id, "Status": status});
        self.iam("update_access_key", params).await;
    }

    /// Gives the user an inline policy.
    pub async fn put_inline_policy(&self, name: &str, document: &Value) {
        let params = json!({"UserName": self.names.user, "PolicyName": name, "PolicyDocument": document.to_string()});
        self.iam("put_user_policy", params).await;
    }

    async fn create_policy(&self, index: usize) {
        let written = self.policies[index].to_string();
        assert!(
            written.chars().filter(|c| !c.is_whitespace()).count() <= MANAGED_POLICY_LIMIT,
            "AWS refuses a managed policy this long"
        );
        let document = adapted(self.policies[index].clone(), self.simulator.kind()).to_string();
        let params = json!({"PolicyName": self.policy_name(index), "PolicyDocument": document});
        self.iam("create_policy", params).await;
        let params = json!({"UserName": self.names.user, "PolicyArn": self.policy_arn(index)});
        self.iam("attach_user_policy", params).await;
    }

    fn policy_name(&self, index: usize) -> String {
        match index {
            0 => self.names.policy.to_owned(),
            _ => format!("{}-{}", self.names.policy, index + 1),
        }
    }

    fn policy_arn(&self, index: usize) -> String {
        format!("arn:aws:iam::{}:policy/{}", self.account_id, self.policy_name(index))
    }

    async fn create_role(&self, name: &str, trust_policy: &Value) {
        let params = json!({"RoleName": name, "AssumeRolePolicyDocument": trust_policy.to_string()});
        self.iam("create_role", params).await;
    }

    async fn create_node_role(&self) {
        let ec2 = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
        self.create_role(self.names.node_role, &ec2).await;
    }

    async fn create_instance_profile(&self) {
        let profile = self.names.instance_profile;
        self.iam("create_instance_profile", json!({"InstanceProfileName": profile})).await;
        let params = json!({"InstanceProfileName": profile, "RoleName": self.names.node_role});
        self.iam("add_role_to_instance_profile", params).await;
    }

    async fn allow_get_caller_identity(&self) {
        if self.simulator.kind() == Kind::Fakecloud {
            self.put_inline_policy(GET_CALLER_IDENTITY, &may_identify()).await;
        }
    }
}

/// An access key of the right shape that exists nowhere.
pub fn unknown_access_key() -> Credentials {
    Credentials::new(format!("AKIA{}", random_text(16).to_uppercase()), random_text(40))
}

fn random_text(length: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
    (0..length).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect()
}

/// A policy without an action, which it must name literally.
pub fn without_action(mut policy: Value, action: &str) -> Value {
    assert!(remove_action(&mut policy, action) > 0, "the policy does not name {action}");
    policy
}

/// Takes the action out of every Allow statement; returns how often it was there.
fn remove_action(policy: &mut Value, action: &str) -> usize {
    let Some(statements) = policy["Statement"].as_array_mut() else {
        return 0;
    };
    let mut removed = 0;
    statements.retain_mut(|statement| {
        if statement["Effect"] != "Allow" {
            return true;
        }
        if statement["Action"] == action {
            removed += 1;
            return false;
        }
        let Some(actions) = statement["Action"].as_array_mut() else {
            return true;
        };
        let before = actions.len();
        actions.retain(|one| one != action);
        removed += before - actions.len();
        !actions.is_empty()
    });
    removed
}

/// The name of a policy that fakecloud needs: it demands a permission for GetCallerIdentity; AWS never does.
const GET_CALLER_IDENTITY: &str = "simulator-identity";

fn may_identify() -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]})
}

/// Test scaffolding: the policy as a simulator can understand it. Where conditions can't be evaluated, what is
/// allowed on one is allowed without; Deny statements keep theirs. Where calls of SimulatePrincipalPolicy and
/// GetAccessKeyLastUsed are taken for calls on `*`, who may do them to one user may do them to all. ministack
/// takes EC2's calls that name nothing that exists, such as `CreateVpc`, for calls on `*`: who may do it to EC2
/// objects may do it to all.
fn adapted(mut policy: Value, kind: Kind) -> Value {
    let Some(statements) = policy["Statement"].as_array_mut() else {
        return policy;
    };
    let allows = |statement: &&mut Value| statement["Effect"] == "Allow";
    const ON_EVERYTHING: [&str; 2] = ["iam:SimulatePrincipalPolicy", "iam:GetAccessKeyLastUsed"];
    let mut on_everything = Vec::new();
    for statement in statements.iter_mut().filter(allows).filter_map(Value::as_object_mut) {
        if !kind.evaluates_conditions() {
            statement.remove("Condition");
        }
        if kind == Kind::Ministack
            && let Some(resources) = statement.get_mut("Resource").and_then(Value::as_array_mut)
            && resources.iter().any(|resource| resource.to_string().contains(":ec2:"))
        {
            resources.push(json!("*"));
        }
        let actions = statement["Action"].to_string();
        on_everything
            .extend(ON_EVERYTHING.into_iter().filter(|action| actions.contains(&format!("\"{action}\""))));
    }
    if !on_everything.is_empty() && kind.simulates_on_everything() {
        statements.push(json!({"Effect": "Allow", "Action": on_everything, "Resource": "*"}));
    }
    policy
}
