//! AWS accounts in regions, to be worked on by one process at a time.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sites")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub aws_account_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub region: String,
    pub due_at: i64,
    pub wanted: i32,
    pub lease_owner: Option<String>,
    pub lease_until: Option<i64>,
    pub generation: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
