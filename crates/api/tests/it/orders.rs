//! Flexible and annual subscriptions: ordering them, changing them, giving them up.

use berth_control::operator::NewPaymentMethod;
use berth_domain::account::Contract;
use berth_testkit::{
    app::{Answer, TestApp},
    aws::berth_customer,
    database::Backend,
    simulator::Simulator,
};
use rstest::rstest;
use serde_json::{Value, json};

const PATH: &str = "/v1/subscriptions";

/// A Berth with a cloud account and a payment method.
struct Shop {
    app: TestApp,
    cloud_account: i64,
    payment_method: i32,
    aws_account: String,
    _simulator: Simulator,
}

impl Shop {
    async fn open(backend: Backend) -> Self {
        let simulator = Simulator::moto().await;
        let customer = berth_customer(&simulator).prepare().await;
        let app = TestApp::start(backend, simulator.endpoint()).await;
        let cloud_account = app.owner.register(&customer, "production").await;
        let card = card(2030);
        let card = app.operator.add_payment_method(app.owner.account_id, card).await.unwrap();
        let aws_account = customer.account_id.as_str().to_owned();
        Self { app, cloud_account, payment_method: card.id.0, aws_account, _simulator: simulator }
    }

    fn order(&self, name: &str, cidr: &str) -> Value {
        json!({
            "name": name,
            "paymentMethodId": self.payment_method,
            "cloudProviders": [{
                "cloudAccountId": self.cloud_account,
                "regions": [{ "region": "us-east-1", "networking": { "deploymentCIDR": cidr } }],
            }],
            "databases": [{ "name": "cart", "datasetSizeInGb": 1.5, "quantity": 2 }],
        })
    }

    async fn post(&self, order: Value) -> Answer {
        self.app.owner.post(PATH, order).await
    }

    /// Orders a subscription and gives its path.
    async fn subscribe(&self, name: &str, cidr: &str) -> String {
        let task = self.app.owner.finished(self.post(self.order(name, cidr)).await).await;
        let id = task["response"]["resourceId"].as_i64().unwrap_or_else(|| panic!("{task:#}"));
        format!("{PATH}/{id}")
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.app.owner.get(path).await;
        assert_eq!(answer.status, 200, "{answer:#?}");
        answer.body
    }

    /// Puts a change, waits for its task, and gives the task.
    async fn change(&self, path: &str, body: Value) -> Value {
        let task = self.app.owner.finished(self.app.owner.put(path, body).await).await;
        assert_eq!(task["status"], "processing-completed", "{task:#}");
        task
    }
}

fn card(year: i32) -> NewPaymentMethod {
    NewPaymentMethod {
        kind: "Visa".parse().unwrap(),
        last4: 4242,
        name_on_card: "Ada Lovelace".parse().unwrap(),
        expiration_month: 2,
        expiration_year: year,
    }
}

/// Status, type, and the fields with a type of their own.
fn refusal(answer: &Answer) -> (u16, &str, Vec<(&str, &str)>) {
    let errors = answer.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let fields = errors
        .iter()
        .map(|error| (error["field"].as_str().unwrap(), error["type"].as_str().unwrap_or("BAD_REQUEST")));
    (answer.status, answer.body["type"].as_str().unwrap_or_default(), fields.collect())
}

#[rstest]
#[tokio::test]
async fn an_order_becomes_a_subscription_with_planned_databases(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let shop = Shop::open(backend).await;
    let accepted = shop.post(shop.order("Web shop", "10.0.0.0/24")).await;
    assert_eq!((accepted.status, &accepted.body["status"]), (202, &json!("received")));
    assert_eq!(accepted.body["commandType"], "subscriptionCreateRequest");
    let task = shop.app.owner.finished(accepted).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    let id = &task["response"]["resourceId"];
    assert!(task["links"][1]["href"].as_str().unwrap().ends_with(&format!("{PATH}/{id}")), "{task:#}");

    let listed = shop.get(PATH).await["subscriptions"][0].clone();
    assert_eq!(listed, shop.get(&format!("{PATH}/{id}")).await);
    assert!(matches!(listed["status"].as_str(), Some("pending" | "active")), "{listed:#}");
    assert_eq!((&listed["plan"], &listed["numberOfDatabases"]), (&json!("flexible"), &json!(2)));
    let details = &listed["cloudDetails"][0];
    assert_eq!(details["awsAccountId"], shop.aws_account);
    assert_eq!(details["totalSizeInGb"], 3.0);
    let network = &details["regions"][0]["networking"][0];
    assert_eq!(network["deploymentCIDR"], "10.0.0.0/24");
    assert!(network.get("vpcId").is_none() && network["subnetId"].is_string(), "{network:#}");

    let databases = shop.get(&format!("{PATH}/{id}/databases?limit=100&offset=0")).await;
    let databases = databases["subscription"][0]["databases"].as_array().unwrap().clone();
    let names: Vec<_> = databases.iter().map(|one| (&one["name"], &one["status"])).collect();
    assert_eq!(names, [(&json!("cart-1"), &json!("draft")), (&json!("cart-2"), &json!("draft"))]);
    let further = shop.get(&format!("{PATH}/{id}/databases/?offset=2")).await;
    assert_eq!(further["subscription"][0]["databases"], json!([]));
}

#[rstest]
#[tokio::test]
async fn a_dry_run_answers_a_plan_and_creates_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let shop = Shop::open(backend).await;
    let mut order = shop.order("Web shop", "10.0.0.0/24");
    order["dryRun"] = json!(true);
    let task = shop.app.owner.finished(shop.post(order).await).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    assert!(task["response"]["resource"]["pricing"].is_array(), "{task:#}");
    assert!(task["response"].get("resourceId").is_none(), "{task:#}");
    assert_eq!(shop.get(PATH).await["subscriptions"], json!([]));
}

#[rstest]
#[tokio::test]
async fn every_problem_of_an_order_is_told_at_once_and_nothing_is_queued(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let shop = Shop::open(backend).await;
    let mut order = shop.order("Web shop", "10.0.0.0/8");
    order["databases"] = json!([]);
    let answer = shop.post(order).await;
    let expected = [
        ("cloudProviders[0].regions[0].networking.deploymentCIDR", "SUBSCRIPTION_INVALID_CIDR"),
        ("databases", "SUBSCRIPTION_MUST_HAVE_AT_LEAST_ONE_DATABASE"),
    ];
    assert_eq!(refusal(&answer), (400, "SUBSCRIPTION_INVALID_CIDR", expected.to_vec()));
    let tasks = shop.get("/v1/tasks").await["tasks"].as_array().unwrap().len();
    assert_eq!(tasks, 1, "the registration of the cloud account alone");
}

#[rstest]
#[case::unknown(json!(9999), 404, "CLOUD_ACCOUNT_NOT_FOUND")]
#[case::the_operators(json!(1), 400, "BAD_REQUEST")]
#[case::no_number(json!("101"), 400, "BAD_REQUEST")]
#[tokio::test]
async fn a_subscription_is_in_a_cloud_account_of_its_own_account(
    #[case] id: Value,
    #[case] status: u16,
    #[case] kind: &str,
) {
    let shop = Shop::open(Backend::Sqlite).await;
    let mut order = shop.order("Web shop", "10.0.0.0/24");
    order["cloudProviders"][0]["cloudAccountId"] = id;
    let answer = shop.post(order).await;
    assert_eq!((answer.status, answer.body["type"].as_str()), (status, Some(kind)), "{answer:#?}");
}

#[tokio::test]
async fn another_accounts_cloud_account_and_subscription_do_not_exist() {
    let shop = Shop::open(Backend::Sqlite).await;
    let path = shop.subscribe("Web shop", "10.0.0.0/24").await;
    let stranger = shop.app.another_customer().await;
    let answer = stranger.post(PATH, shop.order("Theirs", "10.9.0.0/24")).await;
    assert_eq!((answer.status, &answer.body["type"]), (404, &json!("CLOUD_ACCOUNT_NOT_FOUND")));
    for answer in [
        stranger.get(&path).await,
        stranger.get(&format!("{path}/databases")).await,
        stranger.get(&format!("{path}/cidr")).await,
        stranger.put(&path, json!({ "name": "x" })).await,
        stranger.put(&format!("{path}/resource-tags"), json!({ "resourceTags": [] })).await,
        stranger.delete(&path).await,
    ] {
        assert_eq!((answer.status, &answer.body["type"]), (404, &json!("SUBSCRIPTION_NOT_FOUND")));
    }
}

#[rstest]
#[tokio::test]
async fn payment_follows_the_contract(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let shop = Shop::open(backend).await;
    let account = shop.app.owner.account_id;
    let old = shop.app.operator.add_payment_method(account, card(2020)).await.unwrap();
    let mut order = shop.order("Web shop", "10.0.0.0/24");
    for (id, kind) in [
        (json!(null), "PAYMENT_INFO_NOT_PROVIDED"),
        (json!(9999), "SUBSCRIPTION_PI_NOT_FOUND"),
        (json!(old.id.0), "PAYMENT_INFO_EXPIRED"),
    ] {
        order["paymentMethodId"] = id;
        assert_eq!(refusal(&shop.post(order.clone()).await), (400, kind, vec![("paymentMethodId", kind)]));
    }
    shop.app.operator.set_contract(account, Contract::Annual).await.unwrap();
    let kind = "PAYMENT_INFO_NOT_ALLOWED_IN_CONTRACT_ASSOCIATED_ACCOUNT";
    assert_eq!(refusal(&shop.post(order.clone()).await).1, kind);
    order["paymentMethodId"] = json!(null);
    let task = shop.app.owner.finished(shop.post(order).await).await;
    let path = format!("{PATH}/{}", task["response"]["resourceId"]);
    assert_eq!(shop.get(&path).await["plan"], "annual");
}

#[rstest]
#[tokio::test]
async fn networks_of_one_account_do_not_overlap(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let shop = Shop::open(backend).await;
    shop.subscribe("Web shop", "10.0.0.0/16").await;
    let answer = shop.post(shop.order("Ledger", "10.0.7.0/24")).await;
    assert_eq!((answer.status, &answer.body["type"]), (400, &json!("SUBSCRIPTION_INVALID_CIDR")));
    assert!(answer.body["message"].as_str().unwrap().contains("Web shop"), "{answer:#?}");
}

#[rstest]
#[tokio::test]
async fn of_orders_that_come_together_only_those_that_fit_are_accepted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let shop = Shop::open(backend).await;
    let (one, two) = futures::join!(
        shop.post(shop.order("One", "10.0.0.0/24")),
        shop.post(shop.order("Two", "10.0.0.0/24"))
    );
    let mut ends = Vec::new();
    for answer in [one, two] {
        ends.push(match answer.status {
            202 => shop.app.owner.finished(answer).await["response"]["error"]["type"].clone(),
            _ => answer.body["type"].clone(),
        });
    }
    ends.sort_by_key(Value::is_string);
    assert_eq!(ends, [json!(null), json!("SUBSCRIPTION_INVALID_CIDR")]);
    assert_eq!(shop.get(PATH).await["subscriptions"].as_array().unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn what_can_be_changed_is_changed(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let shop = Shop::open(backend).await;
    let path = shop.subscribe("Web shop", "10.0.0.0/24").await;
    shop.change(&path, json!({ "name": "Shop", "publicEndpointAccess": false })).await;
    let tags = json!([{ "key": "team", "value": "shop" }]);
    let task = shop.change(&format!("{path}/resource-tags"), json!({ "resourceTags": tags })).await;
    assert_eq!(task["commandType"], "subscriptionResourceTagsUpdateRequest");

    let shown = shop.get(&path).await;
    assert_eq!((&shown["name"], &shown["publicEndpointAccess"]), (&json!("Shop"), &json!(false)));
    assert_eq!(shown["cloudDetails"][0]["resourceTags"], tags);
    assert_eq!(shown["paymentMethodId"], shop.payment_method);

    shop.change(&format!("{path}/resource-tags"), json!({ "resourceTags": [] })).await;
    assert_eq!(shop.get(&path).await["cloudDetails"][0]["resourceTags"], json!([]));
}

#[rstest]
#[tokio::test]
async fn the_allow_list_is_read_by_a_task_and_takes_what_redisctl_sends(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let shop = Shop::open(backend).await;
    let path = format!("{}/cidr", shop.subscribe("Web shop", "10.0.0.0/24").await);
    shop.change(&path, json!({ "securityGroupIds": ["sg-0125be68a4625884a"] })).await;
    shop.change(&path, json!({ "cidrIps": [{ "cidr": "10.1.0.0/16" }] })).await;

    let answer = shop.app.owner.get(&path).await;
    assert_eq!(answer.status, 202);
    let task = shop.app.owner.finished(answer).await;
    let expected = json!({
        "cidr_ips": ["10.1.0.0/16"],
        "security_group_ids": ["sg-0125be68a4625884a"],
        "errors": [],
    });
    assert_eq!(task["response"]["resource"], expected);

    let at_once = shop.get(&path.replace("/v1/", "/api/").replace("/cidr", "/allow-list")).await;
    let expected = json!({ "cidrIps": ["10.1.0.0/16"], "securityGroupIds": ["sg-0125be68a4625884a"] });
    assert_eq!(at_once, expected);
}

#[rstest]
#[case::redisctls(json!([{ "dayOfWeek": "Monday", "startHour": 23, "endHour": 7 }]), 8)]
#[case::the_apis(json!([{ "days": ["Monday"], "startHour": 23, "durationInHours": 4 }]), 4)]
#[tokio::test]
async fn maintenance_windows_are_kept(#[case] windows: Value, #[case] hours: i32) {
    let shop = Shop::open(Backend::Sqlite).await;
    let path = format!("{}/maintenance-windows", shop.subscribe("Web shop", "10.0.0.0/24").await);
    let before = shop.get(&path).await;
    assert_eq!((&before["mode"], &before["windows"]), (&json!("automatic"), &json!([])));
    shop.change(&path, json!({ "mode": "manual", "windows": windows })).await;
    let expected = json!([{ "days": ["Monday"], "startHour": 23, "durationInHours": hours }]);
    assert_eq!(shop.get(&path).await["windows"], expected);
}

#[rstest]
#[case("cidr", json!({ "cidrIps": ["10.0.0.1/8"] }), "CIDR_WHITELIST_INVALID_CIDRS")]
#[case("cidr", json!({ "cidrIps": ["10.0.0.0/8", "10.0.0.0/8"] }), "CIDR_WHITELIST_DUPLICATE_CIDRS")]
#[case("cidr", json!({ "securityGroupIds": ["default"] }), "CIDR_WHITELIST_INVALID_SG")]
#[case("cidr", json!({}), "BAD_REQUEST")]
#[case("maintenance-windows", json!({ "mode": "never" }), "MAINTENANCE_WINDOW_INVALID_MAINTENANCE_WINDOW_MODE_PROVIDED")]
#[case("maintenance-windows", json!({ "mode": "manual" }), "MAINTENANCE_WINDOW_MANUAL_MODE_WITH_NO_MAINTENANCE_WINDOWS")]
#[case("resource-tags", json!({ "resourceTags": [{ "key": "aws:x", "value": "" }] }), "RESOURCE_TAGS_NAME_NOT_ALLOWED")]
#[case("resource-tags", json!({}), "BAD_REQUEST")]
#[tokio::test]
async fn a_change_that_cannot_be_is_refused_at_once(
    #[case] of: &str,
    #[case] body: Value,
    #[case] kind: &str,
) {
    let shop = Shop::open(Backend::Sqlite).await;
    let path = shop.subscribe("Web shop", "10.0.0.0/24").await;
    let answer = shop.app.owner.put(&format!("{path}/{of}"), body).await;
    assert_eq!((answer.status, answer.body["type"].as_str()), (400, Some(kind)), "{answer:#?}");
}

#[rstest]
#[tokio::test]
async fn a_deleted_subscription_is_being_removed_and_holds_on_to_its_cloud_account(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let shop = Shop::open(backend).await;
    let path = shop.subscribe("Web shop", "10.0.0.0/24").await;
    let cloud_account = format!("/v1/cloud-accounts/{}", shop.cloud_account);
    let refused = shop.app.owner.delete(&cloud_account).await;
    assert_eq!((refused.status, &refused.body["type"]), (409, &json!("CLOUD_ACCOUNT_USED")));

    let answer = shop.app.owner.delete(&path).await;
    assert_eq!(answer.status, 200);
    let task = shop.app.owner.finished(answer).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    let after = shop.app.owner.get(&path).await;
    assert!(after.status == 404 || after.body["status"] == "deleting", "{after:#?}");
    let again = shop.app.owner.delete(&path).await;
    assert!(matches!(again.status, 403 | 404), "{again:#?}");
}

#[tokio::test]
async fn clients_find_the_lists_they_ask_for() {
    let shop = Shop::open(Backend::Sqlite).await;
    let path = shop.subscribe("Web shop", "10.0.0.0/24").await;
    assert_eq!(shop.get(&format!("{path}/pricing")).await["pricing"], json!([]));
    for path in ["/v1/subscriptions/redis-versions", "/v1/redis-versions", "/v1/fixed/redis-versions"] {
        assert_eq!(shop.get(path).await, json!({ "redisVersions": [] }));
    }
    assert_eq!(shop.get("/v1/database-modules").await["modules"], json!([]));
    assert_eq!(shop.get("/v1/data-persistence").await["dataPersistence"].as_array().unwrap().len(), 6);
}
