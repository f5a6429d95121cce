//! What comes next in a rotation: for each state and each thing AWS can show, one row.

use RotationState as State;
use berth_domain::{
    findings::Conclusion,
    ids::{AccountId, CloudAccountId, RotationId},
    rotation::{
        ATTEMPT_WINDOW, AccountNow, CHECK_LIMIT, CLEAN_UP_LIMIT, Consequence, End, LastUse, Periods,
        Rotation, RotationState, Seen, SeenKey, Step, TooLate, VERIFY_LIMIT, WATCH, account_changes,
        cancel, next, reactivate,
    },
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rstest::rstest;

const OLD: &str = "AKIAOLDOLDOLDOLDOLD1";
const NEW: &str = "AKIANEWNEWNEWNEWNEW2";
const STRANGER: &str = "AKIASTRANGERSTRANGE3";
const PERIODS: Periods = Periods {
    grace: SignedDuration::from_hours(24),
    observe: SignedDuration::from_hours(1),
    pause: SignedDuration::from_secs(5),
};

/// Seconds after the rotation came into its state.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn rotation(state: State) -> Rotation {
    let swapped = state.is_swapped();
    let has_new = swapped || matches!(state, State::Verifying | State::RollingBack | State::CleaningUp);
    Rotation {
        id: RotationId(uuid::Uuid::from_u128(1)),
        account_id: AccountId(1),
        cloud_account_id: CloudAccountId(101),
        state,
        since: at(0),
        user_arn: "arn:aws:iam::123456789012:user/berth-user".parse().unwrap(),
        old_key: OLD.parse().unwrap(),
        new_key: has_new.then(|| NEW.parse().unwrap()),
        attempted_at: (state != State::Checking).then(|| at(0)),
        holds: 0,
        swapped_at: swapped.then(|| at(0)),
        deactivated_at: None,
        keys: Vec::new(),
        status: String::new(),
        needs_attention: false,
        due_at: at(0),
        failures: 0,
        history: Vec::new(),
        originator: "berth".into(),
        created_at: at(0),
        finished_at: None,
    }
}

fn key(id: &str) -> SeenKey {
    SeenKey { id: id.parse().unwrap(), active: true, created_at: at(0), last_use: LastUse::Never }
}

fn off(id: &str) -> SeenKey {
    SeenKey { active: false, ..key(id) }
}

fn used(id: &str, at: Timestamp) -> SeenKey {
    let last_use = LastUse::Used { at, service: "s3".into(), region: "eu-west-1".into() };
    SeenKey { last_use, ..key(id) }
}

fn untold(id: &str) -> SeenKey {
    SeenKey { last_use: LastUse::Unknown, ..key(id) }
}

fn created(id: &str, at: Timestamp) -> SeenKey {
    SeenKey { created_at: at, ..key(id) }
}

fn keys<const N: usize>(keys: [SeenKey; N]) -> Seen {
    Seen { keys: Some(keys.into()), ..Seen::default() }
}

fn verified<const N: usize>(seen: [SeenKey; N]) -> Seen {
    Seen { verification: Some(Conclusion::Verified), ..keys(seen) }
}

fn unseen() -> Seen {
    Seen::default()
}

fn concluded(conclusion: Conclusion) -> Seen {
    Seen { verification: Some(conclusion), ..Seen::default() }
}

fn lacking() -> Seen {
    Seen { lacks_permissions: true, ..verified([key(OLD)]) }
}

fn lost() -> Step {
    Step::DeleteLost(NEW.parse().unwrap())
}

const fn seconds(of: SignedDuration) -> i64 {
    of.as_secs()
}

#[rstest]
#[case::alone(verified([key(OLD)]), 0, Step::Create)]
#[case::another_key(verified([key(OLD), key(STRANGER)]), 0, Step::End(End::AnotherKey))]
#[case::another_key_that_is_off(verified([key(OLD), off(STRANGER)]), 0, Step::End(End::AnotherKey))]
#[case::its_own_is_off(verified([off(OLD)]), 0, Step::End(End::OldKeyMissing))]
#[case::its_own_is_gone(verified([]), 0, Step::End(End::OldKeyMissing))]
#[case::permissions(lacking(), 0, Step::End(End::PermissionsMissing))]
#[case::refused(concluded(Conclusion::Refused), 0, Step::End(End::DoesNotVerify))]
#[case::unconfirmed(concluded(Conclusion::Unconfirmed), 0, Step::Retry)]
#[case::keys_unseen(concluded(Conclusion::Verified), 0, Step::Retry)]
#[case::too_long(unseen(), seconds(CHECK_LIMIT), Step::End(End::CouldNotCheck))]
fn checking(#[case] seen: Seen, #[case] now: i64, #[case] step: Step) {
    assert_eq!(next(&rotation(State::Checking), &seen, at(now), PERIODS), step);
}

#[rstest]
#[case::nothing_yet(keys([key(OLD)]), Step::Create)]
#[case::answer_lost(keys([key(OLD), key(NEW)]), lost())]
#[case::clocks_differ_a_little(keys([key(OLD), created(NEW, at(-4))]), lost())]
#[case::made_before_the_intent(keys([key(OLD), created(NEW, at(-10))]), Step::End(End::StrangeKeys))]
#[case::made_after_the_call_ended(
    keys([key(OLD), created(NEW, at(seconds(ATTEMPT_WINDOW) + 1))]),
    Step::End(End::StrangeKeys)
)]
#[case::used(keys([key(OLD), used(NEW, at(1))]), Step::End(End::StrangeKeys))]
#[case::switched_off_by_somebody(keys([key(OLD), off(NEW)]), Step::End(End::StrangeKeys))]
#[case::use_not_told(keys([key(OLD), untold(NEW)]), Step::Retry)]
#[case::two(keys([key(OLD), key(NEW), key(STRANGER)]), Step::End(End::StrangeKeys))]
#[case::unseen(unseen(), Step::Retry)]
fn creating(#[case] seen: Seen, #[case] step: Step) {
    assert_eq!(next(&rotation(State::Creating), &seen, at(30), PERIODS), step);
}

#[rstest]
#[case::first(Conclusion::Verified, 0, 0, Step::CountHold)]
#[case::second(Conclusion::Verified, 1, 0, Step::CountHold)]
#[case::third(Conclusion::Verified, 2, 0, Step::Swap)]
#[case::late_but_good(Conclusion::Verified, 2, seconds(VERIFY_LIMIT), Step::Swap)]
#[case::refused(Conclusion::Refused, 2, 0, Step::StartOver)]
#[case::unconfirmed(Conclusion::Unconfirmed, 2, 0, Step::StartOver)]
#[case::never(Conclusion::Refused, 0, seconds(VERIFY_LIMIT), Step::RollBack)]
fn verifying(#[case] conclusion: Conclusion, #[case] holds: i32, #[case] now: i64, #[case] step: Step) {
    let rotation = Rotation { holds, ..rotation(State::Verifying) };
    assert_eq!(next(&rotation, &concluded(conclusion), at(now), PERIODS), step);
}

#[rstest]
#[case::just_begun(keys([key(NEW), key(OLD)]), 0, Step::Wait(at(seconds(WATCH))))]
#[case::nearly_over(keys([key(NEW), key(OLD)]), 86_399, Step::Wait(at(86_400)))]
#[case::over(keys([key(NEW), key(OLD)]), 86_400, Step::BeginDeactivating)]
#[case::last_used_before(keys([key(NEW), used(OLD, at(-9))]), 86_400, Step::BeginDeactivating)]
#[case::own_work(keys([key(NEW), used(OLD, at(60))]), 86_400, Step::Wait(at(86_460)))]
#[case::others(keys([key(NEW), used(OLD, at(4000))]), 86_400, Step::WaitForOthers(at(86_400 + seconds(WATCH))))]
#[case::quiet_again(keys([key(NEW), used(OLD, at(4000))]), 90_400, Step::BeginDeactivating)]
#[case::use_not_told(keys([key(NEW), untold(OLD)]), 86_400, Step::Retry)]
#[case::new_key_off(keys([off(NEW), key(OLD)]), 86_400, Step::Retry)]
#[case::new_key_unseen(keys([key(OLD)]), 86_400, Step::Retry)]
#[case::somebody_deleted_it(keys([key(NEW)]), 0, Step::End(End::Completed))]
#[case::unseen(unseen(), 86_400, Step::Retry)]
fn grace(#[case] seen: Seen, #[case] now: i64, #[case] step: Step) {
    assert_eq!(next(&rotation(State::Grace), &seen, at(now), PERIODS), step);
}

#[rstest]
#[case::just_begun(keys([key(NEW), off(OLD)]), 0, Step::Wait(at(seconds(WATCH))))]
#[case::over(keys([key(NEW), off(OLD)]), 3600, Step::BeginDeleting)]
#[case::switched_on_by_somebody(keys([key(NEW), key(OLD)]), 3600, Step::WatchAgain)]
#[case::gone(keys([key(NEW)]), 0, Step::End(End::Completed))]
#[case::new_key_off(keys([off(NEW), off(OLD)]), 3600, Step::Retry)]
#[case::unseen(unseen(), 3600, Step::Retry)]
fn observing(#[case] seen: Seen, #[case] now: i64, #[case] step: Step) {
    assert_eq!(next(&rotation(State::Observing), &seen, at(now), PERIODS), step);
}

#[rstest]
#[case(State::Deactivating, keys([key(NEW), key(OLD)]), Step::Deactivate)]
#[case(State::Deactivating, keys([key(NEW), off(OLD)]), Step::Deactivate)]
#[case(State::Deactivating, keys([off(NEW), key(OLD)]), Step::Retry)]
#[case(State::Deactivating, unseen(), Step::Retry)]
#[case(State::Reactivating, keys([key(NEW), off(OLD)]), Step::Reactivate)]
#[case(State::Reactivating, keys([key(NEW)]), Step::End(End::Completed))]
#[case(State::Deleting, keys([key(NEW), off(OLD)]), Step::DeleteOld)]
#[case(State::Deleting, keys([key(NEW)]), Step::End(End::Completed))]
#[case(State::Deleting, keys([key(OLD)]), Step::Retry)]
fn what_was_written_down_is_done(#[case] state: State, #[case] seen: Seen, #[case] step: Step) {
    assert_eq!(next(&rotation(state), &seen, at(0), PERIODS), step);
}

#[rstest]
#[case::there(keys([key(OLD), key(NEW)]), Step::DeleteNew)]
#[case::gone(keys([key(OLD)]), Step::End(End::RolledBack))]
#[case::old_key_off(keys([off(OLD), key(NEW)]), Step::Retry)]
#[case::old_key_gone(keys([key(NEW)]), Step::Retry)]
#[case::unseen(unseen(), Step::Retry)]
fn rolling_back(#[case] seen: Seen, #[case] step: Step) {
    assert_eq!(next(&rotation(State::RollingBack), &seen, at(0), PERIODS), step);
}

#[rstest]
#[case::may_still_appear(keys([key(OLD)]), 59, Step::Retry)]
#[case::never_appeared(keys([key(OLD)]), 60, Step::End(End::RolledBack))]
#[case::answer_lost(keys([key(OLD), key(NEW)]), 0, lost())]
#[case::strangers(keys([key(OLD), used(NEW, at(3))]), 0, Step::End(End::StrangeKeys))]
fn rolling_back_a_key_that_was_only_asked_for(#[case] seen: Seen, #[case] now: i64, #[case] step: Step) {
    let rotation = Rotation { new_key: None, ..rotation(State::RollingBack) };
    assert_eq!(next(&rotation, &seen, at(now), PERIODS), step);
}

#[rstest]
#[case::there(keys([key(STRANGER), key(NEW)]), 0, Step::DeleteNew)]
#[case::gone(keys([key(STRANGER)]), 0, Step::End(End::Superseded))]
#[case::unseen(unseen(), 0, Step::Retry)]
#[case::unseen_too_long(unseen(), seconds(CLEAN_UP_LIMIT), Step::End(End::SupersededWithKeyLeft))]
#[case::there_too_long(keys([key(NEW)]), seconds(CLEAN_UP_LIMIT), Step::End(End::SupersededWithKeyLeft))]
fn cleaning_up(#[case] seen: Seen, #[case] now: i64, #[case] step: Step) {
    assert_eq!(next(&rotation(State::CleaningUp), &seen, at(now), PERIODS), step);
}

#[rstest]
#[case(State::Checking, Ok(State::RolledBack))]
#[case(State::Creating, Ok(State::RollingBack))]
#[case(State::Verifying, Ok(State::RollingBack))]
#[case(State::RollingBack, Ok(State::RollingBack))]
#[case(State::Grace, Err(TooLate(State::Grace)))]
#[case(State::Deleting, Err(TooLate(State::Deleting)))]
#[case(State::CleaningUp, Err(TooLate(State::CleaningUp)))]
#[case(State::Completed, Err(TooLate(State::Completed)))]
fn cancelling(#[case] state: State, #[case] becomes: Result<State, TooLate>) {
    assert_eq!(cancel(rotation(state), "ops@acme.example", at(1)).map(|rotation| rotation.state), becomes);
}

#[test]
fn only_a_key_that_is_off_can_be_asked_for_back() {
    for state in State::ALL {
        let becomes = reactivate(rotation(state), "ops@acme.example", at(1)).map(|rotation| rotation.state);
        let expected = match state {
            State::Observing | State::Reactivating => Ok(State::Reactivating),
            _ => Err(TooLate(state)),
        };
        assert_eq!(becomes, expected);
    }
}

/// What a change of the cloud account makes of a rotation: its state, `None` when nothing.
fn overtaken(state: State, account: AccountNow<'_>) -> Result<Option<State>, &'static str> {
    match account_changes(&rotation(state), account, at(1)) {
        Consequence::None => Ok(None),
        Consequence::Overtaken(rotation) => Ok(Some(rotation.state)),
        Consequence::Forbidden => Err("forbidden"),
    }
}

#[rstest]
#[case::nothing_touched(State::Checking, STRANGER, Ok(Some(State::Superseded)))]
#[case::same_key(State::Checking, OLD, Ok(None))]
#[case::before_the_swap(State::Verifying, STRANGER, Ok(Some(State::CleaningUp)))]
#[case::asked_for(State::Creating, STRANGER, Ok(Some(State::CleaningUp)))]
#[case::same_key_before_the_swap(State::Verifying, OLD, Ok(None))]
#[case::after_the_swap(State::Grace, STRANGER, Ok(Some(State::CleaningUp)))]
#[case::same_key_after_the_swap(State::Observing, NEW, Ok(None))]
#[case::back_in_time(State::Grace, OLD, Ok(Some(State::CleaningUp)))]
#[case::back_too_late(State::Deactivating, OLD, Err("forbidden"))]
#[case::back_too_late(State::Observing, OLD, Err("forbidden"))]
#[case::other_while_off(State::Observing, STRANGER, Ok(Some(State::CleaningUp)))]
#[case::again(State::CleaningUp, STRANGER, Ok(None))]
fn another_key_overtakes(
    #[case] state: State,
    #[case] key: &str,
    #[case] becomes: Result<Option<State>, &'static str>,
) {
    let key = key.parse().unwrap();
    assert_eq!(overtaken(state, AccountNow::Key(&key)), becomes);
}

#[rstest]
#[case(State::Checking, Some(State::Superseded))]
#[case(State::Verifying, Some(State::CleaningUp))]
#[case(State::Grace, Some(State::Superseded))]
#[case(State::CleaningUp, None)]
fn removal_overtakes(#[case] state: State, #[case] becomes: Option<State>) {
    assert_eq!(overtaken(state, AccountNow::Gone), Ok(becomes));
}

fn any_key() -> impl Strategy<Value = SeenKey> {
    let id = prop_oneof![Just(OLD), Just(NEW), Just(STRANGER)];
    let last_use = prop_oneof![
        Just(LastUse::Unknown),
        Just(LastUse::Never),
        (-200_000_i64..200_000).prop_map(|t| used(OLD, at(t)).last_use),
    ];
    (id, any::<bool>(), -200_000_i64..200_000, last_use).prop_map(|(id, active, created, last_use)| {
        SeenKey { active, created_at: at(created), last_use, ..key(id) }
    })
}

fn any_seen() -> impl Strategy<Value = Seen> {
    let conclusion =
        prop_oneof![Just(Conclusion::Verified), Just(Conclusion::Refused), Just(Conclusion::Unconfirmed)];
    let keys = prop::option::of(prop::collection::vec(any_key(), 0..4));
    (keys, prop::option::of(conclusion), any::<bool>())
        .prop_map(|(keys, verification, lacks_permissions)| Seen { keys, verification, lacks_permissions })
}

proptest! {
    /// Whatever AWS shows: the old key is touched only while the new one is seen to work, and the new one is
    /// deleted only while the old one is, or while the cloud account has other credentials.
    #[test]
    fn no_step_leaves_no_key_that_works(
        state in prop::sample::select(State::ALL.to_vec()),
        seen in any_seen(),
        now in -10_i64..200_000,
    ) {
        let rotation = rotation(state);
        let works = |id: &str| {
            seen.keys.iter().flatten().any(|key| key.id.as_str() == id && key.active)
        };
        match next(&rotation, &seen, at(now), PERIODS) {
            Step::BeginDeactivating | Step::Deactivate | Step::BeginDeleting | Step::DeleteOld => {
                prop_assert!(works(NEW));
            }
            Step::DeleteNew => prop_assert!(works(OLD) || state == State::CleaningUp),
            Step::DeleteLost(id) => prop_assert!(id.as_str() != OLD && rotation.new_key.is_none()),
            Step::Create => {
                let all = seen.keys.iter().flatten().all(|key| key.id.as_str() == OLD);
                prop_assert!(all && matches!(state, State::Checking | State::Creating));
            }
            _ => {}
        }
    }
}

#[test]
fn pauses_grow_to_five_minutes() {
    let pauses = [0, 1, 2, 5, 6, 1000].map(|failures| PERIODS.back_off(failures).as_secs());
    assert_eq!(pauses, [5, 10, 20, 160, 300, 300]);
}

#[test]
fn states_are_read_back_as_they_were_written() {
    for state in State::ALL {
        assert_eq!(State::parse(state.as_str()), Some(state));
    }
}
