//! Tasks. Unfinished as long as `finished_at` is null; `seq` is their order in the account.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: i32,
    pub seq: i32,
    pub command: String,
    pub status: String,
    pub description: String,
    pub cloud_account_id: Option<i32>,
    pub subscription_id: Option<i32>,
    pub sealed_request: Option<Vec<u8>>,
    pub error: Option<String>,
    pub findings: String,
    pub resource: Option<String>,
    pub originator: String,
    pub api_key_name: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
    pub finished_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
