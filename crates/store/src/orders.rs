//! Subscriptions that customers order: how an account stands, and what tasks make of its orders.

use berth_domain::{
    account::{Contract, PaymentMethod},
    ids::{AccountId, CloudAccountId, DatabaseId, SubscriptionId},
    subscription::{
        SubscriptionStatus,
        admission::Standing,
        database::{DatabaseOrder, PlannedDatabase},
        fixed::FixedPlan,
        terms::{SubscriptionChange, Terms},
    },
    task::Command,
    values::DisplayName,
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use crate::{
    Error, NewDeployment, Store,
    cloud_accounts::{self, Page},
    deployments,
    entities::{account, database, payment_method, subscription, task},
    rows::{OrCorrupt, Sequence, json, micros, next_id},
    sites, subscriptions,
};

/// A subscription that was ordered, and found sound.
#[derive(Clone, Debug)]
pub struct OrderedSubscription {
    /// Its id, from [`Store::allocate_subscription_id`].
    pub id: SubscriptionId,
    /// Its name; made of its id when there is none.
    pub name: Option<DisplayName>,
    /// What was ordered: never [`Terms::Recorded`].
    pub terms: Terms,
    /// What is to be built for it, region by region.
    pub deployments: Vec<NewDeployment>,
}

impl Store {
    /// How an account stands, with a look at one of its cloud accounts.
    ///
    /// Errors: [`Error::NoSuchAccount`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "standing"))]
    pub async fn standing(
        &self,
        account: AccountId,
        cloud_account: Option<CloudAccountId>,
    ) -> Result<Standing, Error> {
        let queued = task::Entity::find()
            .filter(task::Column::AccountId.eq(account.0))
            .filter(task::Column::FinishedAt.is_null())
            .filter(task::Column::SubscriptionId.is_not_null())
            .filter(task::Column::Command.eq(Command::SubscriptionCreateRequest.as_str()))
            .count(&self.reader)
            .await?;
        let queued = usize::try_from(queued).unwrap_or(usize::MAX);
        Ok(Standing { queued, ..standing(&self.reader, account, cloud_account).await? })
    }

    /// The id for a subscription to be. Ids that come to nothing leave gaps.
    #[tracing::instrument(
        name = "db",
        level = "debug",
        skip_all,
        fields(query = "allocate_subscription_id")
    )]
    pub async fn allocate_subscription_id(&self) -> Result<SubscriptionId, Error> {
        let tx = self.begin().await?;
        let id = next_id(&tx, Sequence::Subscriptions).await?;
        tx.commit().await?;
        Ok(SubscriptionId(id))
    }

    /// The planned databases of a subscription, by id; none when the account has no such subscription.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "planned_databases"))]
    pub async fn planned_databases(
        &self,
        account: AccountId,
        subscription: SubscriptionId,
        page: Page,
    ) -> Result<Vec<PlannedDatabase>, Error> {
        let rows = database::Entity::find()
            .filter(database::Column::AccountId.eq(account.0))
            .filter(database::Column::SubscriptionId.eq(subscription.0))
            .order_by_asc(database::Column::Id)
            .offset(page.offset)
            .limit(page.limit.unwrap_or(u64::from(u32::MAX)))
            .all(&self.reader)
            .await?;
        rows.into_iter().map(database::Model::into_domain).collect()
    }
}

async fn standing(
    db: &impl ConnectionTrait,
    account: AccountId,
    cloud_account: Option<CloudAccountId>,
) -> Result<Standing, Error> {
    let contract: Option<String> = account::Entity::find_by_id(account.0)
        .select_only()
        .column(account::Column::Contract)
        .into_tuple()
        .one(db)
        .await?;
    let contract = contract.ok_or(Error::NoSuchAccount)?;
    let methods = payment_method::Entity::find()
        .filter(payment_method::Column::AccountId.eq(account.0))
        .all(db)
        .await?;
    let cloud_account = match cloud_account {
        None => None,
        Some(id) => match cloud_accounts::status(db, account, id).await {
            Err(Error::NoSuchCloudAccount) => None,
            status => Some(status?),
        },
    };
    Ok(Standing {
        contract: Contract::parse(&contract).or_corrupt(|| format!("account {account}"))?,
        payment_methods: methods
            .into_iter()
            .map(payment_method::Model::into_domain)
            .collect::<Result<Vec<PaymentMethod>, Error>>()?,
        cloud_account,
        subscriptions: subscriptions::all(db, account).await?,
        queued: 0,
    })
}

/// Inserts a subscription with its planned databases, in a transaction that holds the account's row.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    account: AccountId,
    ordered: OrderedSubscription,
    at: Timestamp,
) -> Result<(), Error> {
    let OrderedSubscription { id, name, terms, deployments } = ordered;
    let cloud_account = terms.pro().map(|terms| terms.order.cloud_account_id);
    let standing = standing(tx, account, cloud_account).await?;
    let (problems, plan, status, regions) = match &terms {
        Terms::Pro(pro) => (
            standing.examine(&pro.order, at),
            standing.contract.plan(),
            SubscriptionStatus::Pending,
            pro.order.regions.iter().map(|region| region.region.clone()).collect(),
        ),
        Terms::Fixed(order) => {
            let plan = FixedPlan::find(order.plan_id).or_corrupt(|| format!("the order of {id}"))?;
            let region = plan.region.name.to_owned();
            let problems = standing.examine_fixed(order, at);
            (problems, plan.plan(), SubscriptionStatus::Active, vec![region])
        }
        Terms::Recorded => return Err(Error::NoSuchSubscription),
    };
    if !problems.is_empty() {
        return Err(Error::Refused(problems));
    }
    let row = subscription::Model {
        id: id.0,
        account_id: account.0,
        name: name.map_or_else(|| format!("Subscription {id}"), String::from),
        plan: plan.as_str().to_owned(),
        status: status.as_str().to_owned(),
        cloud_account_id: cloud_account.map(|id| id.0),
        regions: json(&regions),
        terms: Some(json(&terms)),
        status_reason: None,
        created_at: micros(at),
        updated_at: micros(at),
    };
    subscription::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    let databases = terms.pro().map(|terms| terms.order.databases.as_slice()).unwrap_or_default();
    insert_databases(tx, account, id, databases, at).await?;
    for deployment in deployments {
        deployments::insert(tx, account, id, deployment, at).await?;
    }
    Ok(())
}

async fn insert_databases(
    tx: &DatabaseTransaction,
    account: AccountId,
    subscription: SubscriptionId,
    databases: &[DatabaseOrder],
    at: Timestamp,
) -> Result<(), Error> {
    for order in databases {
        for name in order.names() {
            let row = database::Model {
                id: next_id(tx, Sequence::Databases).await?,
                account_id: account.0,
                subscription_id: subscription.0,
                name,
                ordered: json(order),
                created_at: micros(at),
            };
            database::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
        }
    }
    Ok(())
}

/// Changes a subscription, in a transaction that holds the account's row.
pub(crate) async fn change(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: SubscriptionId,
    change: SubscriptionChange,
    at: Timestamp,
) -> Result<(), Error> {
    let current = subscriptions::one(tx, account, id).await?.ok_or(Error::NoSuchSubscription)?;
    if current.status == SubscriptionStatus::Deleting {
        return Err(Error::SubscriptionDeleting);
    }
    let standing = standing(tx, account, None).await?;
    let payment = change.payment().and_then(|payment| standing.examine_payment(&payment, at));
    let changed = match (change.apply(current), payment) {
        (Ok(changed), None) => changed,
        (Ok(_), Some(payment)) => return Err(Error::Refused(vec![payment])),
        (Err(problem), payment) => {
            return Err(Error::Refused(std::iter::once(problem).chain(payment).collect()));
        }
    };
    let terms = match &changed.terms {
        Terms::Recorded => None,
        terms => Some(json(terms)),
    };
    subscription::Entity::update_many()
        .col_expr(subscription::Column::Name, Expr::value(String::from(changed.name)))
        .col_expr(subscription::Column::Plan, Expr::value(changed.plan.as_str()))
        .col_expr(subscription::Column::Terms, Expr::value(terms))
        .col_expr(subscription::Column::UpdatedAt, Expr::value(micros(at)))
        .filter(subscription::Column::Id.eq(id.0))
        .filter(subscription::Column::AccountId.eq(account.0))
        .exec(tx)
        .await?;
    sites::wake(tx, id).await
}

/// Lets a subscription go, in a transaction that holds the account's row: what Berth built something for is
/// being deleted from now on, and the row goes when nothing is left; others go at once.
pub(crate) async fn unsubscribe(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: SubscriptionId,
    at: Timestamp,
) -> Result<(), Error> {
    let current = subscriptions::one(tx, account, id).await?.ok_or(Error::NoSuchSubscription)?;
    match (current.status, current.terms) {
        (SubscriptionStatus::Deleting, Terms::Pro(_)) => Err(Error::SubscriptionDeleting),
        (_, Terms::Pro(_)) if deployments::any(tx, id).await? => {
            subscriptions::set_status(tx, id, SubscriptionStatus::Deleting, None, at).await?;
            deployments::begin_removal(tx, id).await?;
            sites::wake(tx, id).await
        }
        (_, Terms::Pro(_)) => subscriptions::delete(tx, account, id).await,
        (_, Terms::Recorded | Terms::Fixed(_)) => subscriptions::delete(tx, account, id).await,
    }
}

impl database::Model {
    fn into_domain(self) -> Result<PlannedDatabase, Error> {
        let what = || format!("database {}", self.id);
        Ok(PlannedDatabase {
            id: DatabaseId(self.id),
            order: serde_json::from_str(&self.ordered).or_corrupt(what)?,
            name: self.name,
        })
    }
}
