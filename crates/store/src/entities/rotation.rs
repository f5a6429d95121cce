//! Rotations of access keys. Unfinished as long as `finished_at` is null. `new_secret` is there from the
//! creation of the new key until the cloud account has it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rotations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: i32,
    pub cloud_account_id: i32,
    pub state: String,
    pub since: i64,
    pub user_arn: String,
    pub old_key: String,
    pub new_key: Option<String>,
    pub new_secret: Option<Vec<u8>>,
    pub attempted_at: Option<i64>,
    pub holds: i32,
    pub swapped_at: Option<i64>,
    pub deactivated_at: Option<i64>,
    pub keys: String,
    pub status: String,
    pub needs_attention: bool,
    pub history: String,
    pub originator: String,
    pub api_key_name: Option<String>,
    pub due_at: i64,
    pub failures: i32,
    pub created_at: i64,
    pub finished_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
