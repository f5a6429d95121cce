//! Cloud accounts with their sealed secrets. `status` follows from the unfinished tasks and,
//! without any, from the health.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cloud_accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub account_id: i32,
    pub name: String,
    pub status: String,
    pub access_key_id: Option<String>,
    pub role_arn: Option<String>,
    pub external_id: Option<String>,
    pub aws_account_id: String,
    pub user_arn: String,
    pub console_role: Option<String>,
    pub console_role_arn: Option<String>,
    pub console_username: Option<String>,
    pub sign_in_url: String,
    pub secret_key: Option<Vec<u8>>,
    pub console_password: Option<Vec<u8>>,
    pub created_at: i64,
    pub updated_at: i64,
    pub verified_at: i64,
    pub failing_since: Option<i64>,
    pub failing_findings: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
