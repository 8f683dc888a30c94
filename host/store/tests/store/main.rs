//! What the store promises. Each promise is a function in one of the modules here, and is tested on a file and on a
//! server. What happens when a database fails differs, and has modules of its own.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

mod concurrency;
mod durability;
mod file_faults;
mod limits;
mod migrations;
mod model;
mod opening;
mod runtimes;
mod server_faults;
mod support;
mod tasks;

use support::cluster::Cluster;
use support::{Place, block_on};

/// Makes a test of each promise on a file, and one test that goes through all of them on a server.
macro_rules! promises {
    ($($module:ident::$promise:ident,)*) => {
        mod on_a_file {
            use super::*;
            $(
                #[test]
                fn $promise() {
                    block_on(async { $module::$promise(&Place::file()).await });
                }
            )*
        }

        #[test]
        fn all_of_it_on_postgresql() {
            let Some(cluster) = Cluster::start_or_skip("all_of_it_on_postgresql") else { return };
            $(
                // Shown only if the test fails: the last line says which promise was broken.
                eprintln!("{}", stringify!($promise));
                block_on(async { $module::$promise(&Place::server(&cluster).await).await });
            )*
        }
    };
}

promises! {
    runtimes::ids_count_from_1_and_are_never_reused,
    runtimes::a_repeated_key_gives_the_first_runtime_and_writes_nothing,
    runtimes::a_key_outlives_its_runtime_until_it_expires,
    runtimes::what_is_saved_is_loaded_in_order_of_ids,
    runtimes::a_save_needs_the_next_version_or_changes_nothing,
    runtimes::history_keeps_the_newest_rows_in_the_order_of_writing,
    runtimes::a_deleted_runtime_takes_history_and_tasks_with_it,
    tasks::the_first_answer_wins,
    tasks::a_dead_vms_open_tasks_all_get_their_answer,
    tasks::answered_tasks_expire_and_open_ones_stay,
    tasks::a_setting_is_what_was_set_last,
    opening::one_engine_at_a_time,
    opening::everything_is_there_after_opening_again,
    opening::a_newer_schema_is_refused,
    opening::a_lock_held_by_somebody_else_is_named_and_heals,
    concurrency::many_at_once_each_get_their_own_id,
    concurrency::of_many_saves_of_one_version_one_wins,
    concurrency::of_many_insertions_with_one_key_one_is_fresh,
    concurrency::one_bad_write_does_not_fail_those_beside_it,
    concurrency::a_caller_that_stops_waiting_harms_nobody,
    limits::limits_are_the_same_everywhere,
    limits::hostile_text_is_only_text,
}
