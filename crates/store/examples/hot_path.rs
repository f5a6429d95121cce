//! Throwaway measurement.
#![allow(clippy::all, missing_docs, clippy::print_stdout, clippy::unwrap_used, unused)]
use berth_domain::{account::*, cloud_account::*, ids::*};
use berth_store::{testing::*, *};
use jiff::Timestamp;
use std::time::Instant;
fn at(s: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + s).unwrap()
}
fn ca(account_id: AccountId, id: i32) -> CloudAccount {
    CloudAccount {
        id: CloudAccountId(id),
        account_id,
        name: format!("name-{id}").parse().unwrap(),
        status: Status::Active,
        access_key_id: format!("AKIA{:016}", id).parse().unwrap(),
        aws_account_id: "123456789012".parse().unwrap(),
        user_arn: "arn:aws:iam::123456789012:user/berth-user".parse().unwrap(),
        console_role: Some("berth-console".parse().unwrap()),
        console_role_arn: Some("arn:aws:iam::123456789012:role/berth-console".parse().unwrap()),
        console_username: None,
        sign_in_url: "https://123456789012.signin.aws.amazon.com/console".parse().unwrap(),
        created_at: at(0),
        updated_at: at(0),
        verified_at: at(0),
    }
}
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect();
    (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
}
fn main() {
    let backend =
        if std::env::args().nth(1).as_deref() == Some("pg") { Backend::Postgres } else { Backend::Sqlite };
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    rt.block_on(async move {
        let t = Instant::now();
        let db = TestDatabase::new(backend).await;
        println!("create+migrate {:?}", t.elapsed());
        let store = db.store().clone();
        let owner = |n: u8| NewUser {
            email: format!("o{n}@x.y").parse().unwrap(),
            name: "Some One".parse().unwrap(),
            role: Role::Owner,
            password_hash: "x".into(),
        };
        let ev = || AuditEvent {
            actor: Actor::system(),
            resource: "x",
            resource_id: None,
            kind: "x",
            description: "x".into(),
        };
        for n in [7u8, 8] {
            store
                .create_account(
                    NewAccount { name: "Acme".parse().unwrap(), account_key: format!("k{n}"), at: at(0) },
                    owner(n),
                    NewApiKey {
                        name: "terraform-1".parse().unwrap(),
                        secret_hash: [n; 32],
                        allowed_sources: vec!["10.0.0.0/8".parse().unwrap()],
                    },
                    ev(),
                )
                .await
                .unwrap();
        }
        let t = Instant::now();
        insert_cloud_accounts(
            &store,
            (0..100_000).map(|i| {
                (
                    ca(AccountId(1), 101 + i),
                    SealedSecrets { secret_key: vec![7; 150], console_password: None },
                )
            }),
        )
        .await;
        insert_cloud_accounts(
            &store,
            (0..1_000).map(|i| {
                (
                    ca(AccountId(2), 200_101 + i),
                    SealedSecrets { secret_key: vec![7; 150], console_password: None },
                )
            }),
        )
        .await;
        println!("fill {:?}", t.elapsed());
        let t = Instant::now();
        let s2 = Store::connect(db.url()).await.unwrap();
        s2.pending_migrations().await.unwrap();
        s2.ping().await.unwrap();
        println!("connect+pending+ping {:?}", t.elapsed());
        for conc in [1usize, 32, 32] {
            let per = 60_000 / conc;
            for what in ["key", "cloud", "both"] {
                let t = Instant::now();
                let c0 = cpu();
                let c0 = cpu();
let mut hs = vec![];
                for c in 0..conc {
                    let store = store.clone();
                    hs.push(tokio::spawn(async move {
                        let mut x = c as u32 * 7919 + 1;
                        let mut lat = Vec::with_capacity(per);
                        for _ in 0..per {
                            x = x.wrapping_mul(1664525).wrapping_add(1013904223);
                            let id = CloudAccountId(101 + (x >> 8) as i32 % 100_000);
                            let t = Instant::now();
                            if what != "cloud" {
                                store.key_holder(&[7; 32]).await.unwrap().unwrap();
                            }
                            if what != "key" {
                                store.cloud_account(AccountId(1), id).await.unwrap().unwrap();
                            }
                            lat.push(t.elapsed());
                        }
                        lat
                    }));
                }
                let mut lat = vec![];
                for h in hs {
                    lat.extend(h.await.unwrap());
                }
                let e = t.elapsed();
                lat.sort();
                println!(
                    "conc {conc:2} {what:5}: {:.0}/s, {:.1} us each, cpu {:.1} us, p50 {:?} p99 {:?}",
                    lat.len() as f64 / e.as_secs_f64(),
                    e.as_micros() as f64 / lat.len() as f64,
                    (cpu()-c0)*1e6/lat.len() as f64,
                    lat[lat.len() / 2],
                    lat[lat.len() * 99 / 100]
                );
            }
        }
        for acc in [1, 2, 1, 2] {
            let t = Instant::now();
            for _ in 0..500 {
                assert_eq!(
                    store
                        .cloud_accounts(AccountId(acc), Page { offset: 0, limit: Some(100) })
                        .await
                        .unwrap()
                        .len(),
                    100
                );
            }
            println!("list 100 of account {acc}: {:?}", t.elapsed() / 500);
        }
        let rss = std::fs::read_to_string("/proc/self/status").unwrap();
        println!("{}", rss.lines().find(|l| l.starts_with("VmRSS")).unwrap());
    });
}
