//! Deployments. `blueprint`, `zones` and `trouble` are JSON.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deployments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: i32,
    pub subscription_id: i32,
    pub cloud_account_id: i32,
    pub aws_account_id: String,
    pub region: String,
    pub blueprint: String,
    pub network: String,
    pub customers_vpc: Option<String>,
    pub zones: String,
    pub private_key: Vec<u8>,
    pub state: String,
    pub trouble: Option<String>,
    pub next_at: Option<i64>,
    pub compared_at: Option<i64>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
