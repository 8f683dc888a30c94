//! Tests of the schema and of the walk over it.

use proptest::prelude::*;
use serde_json::{Value, json};
use skerry_api::provisioning::{
    DeviceInfo, HistoryEntry, Machine, RestartPolicy, RuntimeState, Scheduling, ServerlessRuntime,
    ServerlessRuntimeBody, ServerlessRuntimePage, SkerryOptions, StartPath,
};

use super::*;

const KEYWORDS: [&str; 13] = [
    "$ref",
    "type",
    "enum",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "pattern",
];
const NUMBER_KEYWORDS: [&str; 2] = ["minimum", "maximum"];
const ANNOTATIONS: [&str; 6] = ["$schema", "$defs", "title", "description", "examples", "readOnly"];

fn creation(members: Value) -> Result<(), Violation> {
    check("RuntimeCreation", &json!({"SERVERLESS_RUNTIME": members}))
}

#[track_caller]
fn refused(members: Value, path: &str, words: &str) {
    let violation = creation(members).unwrap_err();
    assert_eq!(violation.path, format!("/SERVERLESS_RUNTIME{path}"));
    assert!(violation.message.contains(words), "{}", violation.message);
}

fn with(faas: Value) -> Value {
    let mut faas = faas;
    faas["FLAVOUR"] = "minimal".into();
    json!({"FAAS": faas})
}

fn each_schema(schema: &Value, visit: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    let members = schema.as_object().unwrap();
    visit(members);
    for holder in ["$defs", "properties"] {
        members
            .get(holder)
            .into_iter()
            .for_each(|all| all.as_object().unwrap().values().for_each(|one| each_schema(one, visit)));
    }
    members.get("items").into_iter().for_each(|one| each_schema(one, visit));
    members
        .get("prefixItems")
        .into_iter()
        .for_each(|all| all.as_array().unwrap().iter().for_each(|one| each_schema(one, visit)));
}

#[test]
fn the_file_uses_no_keyword_that_the_walk_does_not_know() {
    let mut seen = 0;
    each_schema(document(), &mut |members| {
        for (name, value) in members {
            seen += 1;
            let known = [&KEYWORDS[..], &NUMBER_KEYWORDS, &ANNOTATIONS].concat();
            assert!(known.contains(&name.as_str()), "{name}");
            match name.as_str() {
                "$ref" => assert!(referred(&json!({"$ref": value})).is_some_and(Value::is_object), "{value}"),
                // The walk knows no other form of it.
                "additionalProperties" => assert_eq!(value, false),
                "pattern" => assert!(PATTERNS.contains_key(value.as_str().unwrap())),
                _ => {}
            }
        }
    });
    assert!(seen > 200, "{seen}");
}

#[test]
fn the_examples_are_valid() {
    let examples = document()["examples"].as_array().unwrap();
    assert!(examples.len() >= 3);
    for example in examples {
        check("RuntimeCreation", example).unwrap();
    }
}

#[test]
fn the_root_describes_a_creation() {
    assert_eq!(document()["$ref"], "#/$defs/RuntimeCreation");
}

#[test]
fn only_the_flavour_is_required() {
    creation(json!({"FAAS": {"FLAVOUR": "minimal"}})).unwrap();
    refused(json!({"FAAS": {}}), "/FAAS", "FLAVOUR");
    refused(json!({"FAAS": {"FLAVOUR": null}}), "/FAAS/FLAVOUR", "string");
    refused(json!({"FAAS": {"FLAVOUR": ""}}), "/FAAS/FLAVOUR", "at least 1");
    refused(json!({"FAAS": null}), "/FAAS", "object");
    refused(json!({}), "", "FAAS");
    assert_eq!(check("RuntimeCreation", &json!({})).unwrap_err().path, "");
    assert_eq!(check("RuntimeCreation", &json!([])).unwrap_err().message, "the body is an array, must be object");
}

#[test]
fn null_and_empty_parts_are_as_good_as_none() {
    let mut members =
        with(json!({"CPU": null, "MEMORY": null, "DISK_SIZE": null, "ENDPOINT": null, "STATE": "", "VM_ID": 0}));
    for name in ["NAME", "ID", "SERVICE_ID", "DAAS", "SCHEDULING", "DEVICE_INFO", "SKERRY"] {
        members[name] = Value::Null;
    }
    creation(members.clone()).unwrap();
    for name in ["DAAS", "SCHEDULING", "DEVICE_INFO", "SKERRY"] {
        members[name] = json!({});
    }
    creation(members).unwrap();
}

#[test]
fn what_the_engine_sets_is_refused_on_creation() {
    for (name, value) in
        [("ENDPOINT", json!("http://x")), ("STATE", json!("RUNNING")), ("VM_ID", json!(7)), ("ERROR", json!("e"))]
    {
        refused(with(json!({name: value})), &format!("/FAAS/{name}"), "the engine sets it");
        refused(json!({"FAAS": {"FLAVOUR": "minimal"}, "DAAS": {name: value}}), &format!("/DAAS/{name}"), "the engine");
    }
    for name in ["ID", "SERVICE_ID"] {
        refused(json!({"FAAS": {"FLAVOUR": "minimal"}, name: 3}), &format!("/{name}"), "the engine sets it");
    }
    for (name, value) in
        [("SLEEPING", json!(true)), ("START", json!("cold")), ("RESTARTS", json!(1)), ("ADDRESS", json!("a"))]
    {
        refused(
            json!({"FAAS": {"FLAVOUR": "minimal"}, "SKERRY": {name: value}}),
            &format!("/SKERRY/{name}"),
            "the engine",
        );
    }
}

#[test]
fn unknown_members_are_refused_with_their_path() {
    refused(with(json!({"CPUS": 1})), "/FAAS/CPUS", "unknown; known here: CPU, DISK_SIZE");
    refused(json!({"FAAS": {"FLAVOUR": "m"}, "name": "x"}), "/name", "unknown");
    refused(json!({"FAAS": {"FLAVOUR": "m"}, "a/b~c": 1}), "/a~1b~0c", "unknown");
    refused(json!({"FAAS": {"FLAVOUR": "m"}, "SCHEDULING": {"X": {}}}), "/SCHEDULING/X", "unknown");
}

#[test]
fn numbers_as_strings_are_refused_and_whole_floats_are_integers() {
    for name in ["CPU", "MEMORY", "DISK_SIZE"] {
        refused(with(json!({name: "64"})), &format!("/FAAS/{name}"), "without quotes");
        refused(with(json!({name: 64.5})), &format!("/FAAS/{name}"), "integer");
        refused(with(json!({name: true})), &format!("/FAAS/{name}"), "integer");
    }
    let mut body = json!({"SERVERLESS_RUNTIME": with(json!({"CPU": 2.0, "VM_ID": ""}))});
    check("RuntimeCreation", &body).unwrap();
    clean("RuntimeCreation", &mut body);
    assert_eq!(body, json!({"SERVERLESS_RUNTIME": with(json!({"CPU": 2}))}));
}

#[test]
fn each_bound_holds_on_both_sides() {
    for (name, least, most) in [("CPU", 1, 255), ("MEMORY", 16, 3072), ("DISK_SIZE", 0, 16_777_216)] {
        for fits in [least, most] {
            creation(with(json!({name: fits}))).unwrap();
        }
        for unfit in [least - 1, most + 1, i64::MAX, i64::MIN] {
            refused(with(json!({name: unfit})), &format!("/FAAS/{name}"), "must be at");
        }
    }
    let latency = |value: f64| json!({"FAAS": {"FLAVOUR": "m"}, "DEVICE_INFO": {"LATENCY_TO_PE": value}});
    creation(latency(12.75)).unwrap();
    refused(latency(-0.5), "/DEVICE_INFO/LATENCY_TO_PE", "at least 0");
}

#[test]
fn names_are_printable_and_of_bounded_length() {
    let name = |name: &str| json!({"FAAS": {"FLAVOUR": "m"}, "NAME": name});
    for fits in ["x", "Gewächshaus 7 🌱", &"ä".repeat(128)] {
        creation(name(fits)).unwrap();
    }
    for unfit in ["", &"x".repeat(129)] {
        refused(name(unfit), "/NAME", "characters, must have at");
    }
    for unfit in ["a\nb", "\u{1b}[2J", "\u{7f}", "\u{85}", "a\u{202e}b", "a\0"] {
        refused(name(unfit), "/NAME", "control characters");
    }
}

#[test]
fn a_message_stays_short_however_long_the_body_is() {
    let long = "x".repeat(100_000);
    for members in
        [json!({"FAAS": {"FLAVOUR": "m", "CPU": long}}), json!({"FAAS": {"FLAVOUR": "m"}, (long.as_str()): 1})]
    {
        let violation = creation(members).unwrap_err();
        assert!(violation.message.len() < 512 && violation.path.len() < 512, "{violation:?}");
    }
}

#[test]
fn pages_and_histories_are_as_described() {
    let entry = HistoryEntry {
        at_ms: 1,
        event: "started".to_owned(),
        state: RuntimeState::Running,
        vm_id: Some("v".to_owned()),
        start: Some(StartPath::Pool),
        phases_us: vec![("boot".to_owned(), 2)],
        detail: Some("d".to_owned()),
    };
    check("History", &serde_json::to_value([entry]).unwrap()).unwrap();
    assert!(
        check("History", &json!([{"at_ms": 1, "event": "e", "state": "RUNNING", "phases_us": [["a", "b"]]}])).is_err()
    );
    assert!(check("History", &json!([{"at_ms": 1, "event": "e", "state": "RUNNING", "phases_us": [["a"]]}])).is_err());
    assert!(check("RuntimePage", &serde_json::to_value(ServerlessRuntimePage::default()).unwrap()).is_ok());
    for state in RuntimeState::ALL {
        check("State", &state.name().into()).unwrap();
    }
    for start in StartPath::ALL {
        check("Start", &start.name().into()).unwrap();
    }
}

fn text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[a-zA-Zäöü ,._-]{1,64}")
}

prop_compose! {
    fn machine(in_state: RuntimeState)(
        cpu in proptest::option::of(1_u32..=255),
        memory_mb in proptest::option::of(16_u32..=3072),
        disk_size_mb in proptest::option::of(0_u64..=16_777_216),
        flavour in "[a-z]{1,64}",
        (endpoint, vm_id, error) in (text(), text(), text()),
    ) -> Machine {
        Machine { cpu, memory_mb, disk_size_mb, flavour: Some(flavour), endpoint, state: Some(in_state), vm_id, error }
    }
}

prop_compose! {
    fn options()(
        public in any::<Option<bool>>(),
        restart in proptest::option::of(proptest::sample::select(vec![RestartPolicy::Always, RestartPolicy::OnFailure, RestartPolicy::Never])),
        idle_timeout_s in proptest::option::of(0_u32..=31_536_000),
        concurrency in proptest::option::of(1_u32..=24),
        (sleeping, restarts) in any::<(Option<bool>, Option<u32>)>(),
        start in proptest::option::of(proptest::sample::select(StartPath::ALL.to_vec())),
        address in text(),
    ) -> SkerryOptions {
        SkerryOptions { public, restart, idle_timeout_s, concurrency, sleeping, start, restarts, address }
    }
}

prop_compose! {
    fn shown()(
        id in 1..=u64::MAX,
        name in text(),
        faas in proptest::sample::select(RuntimeState::ALL.to_vec()).prop_flat_map(machine),
        daas in proptest::option::of(machine(RuntimeState::Running)),
        skerry in proptest::option::of(options()),
        (policy, requirements, place) in (text(), text(), text()),
        latency in proptest::option::of(0.0..86_400_000.0),
    ) -> ServerlessRuntime {
        ServerlessRuntime {
            name, id: Some(id), service_id: Some(id), faas, daas, skerry,
            scheduling: Some(Scheduling { policy, requirements }),
            device_info: Some(DeviceInfo { latency_to_pe_ms: latency, geographic_location: place }),
        }
    }
}

/// Any JSON, with the members' own names often enough to get deep.
fn any_json() -> impl Strategy<Value = Value> {
    let names = proptest::sample::select(vec![
        "SERVERLESS_RUNTIME",
        "FAAS",
        "DAAS",
        "SCHEDULING",
        "DEVICE_INFO",
        "SKERRY",
        "NAME",
        "ID",
        "CPU",
        "MEMORY",
        "FLAVOUR",
        "STATE",
        "VM_ID",
        "POLICY",
        "LATENCY_TO_PE",
        "PUBLIC",
        "RESTART",
        "CONCURRENCY",
        "SLEEPING",
        "other",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0_u32..300).prop_map(|number| json!(f64::from(number))),
        "\\PC{0,8}".prop_map(Value::from),
        Just(json!("")),
        Just(json!("always")),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            4 => proptest::collection::btree_map(names.clone().prop_map(str::to_owned), inner.clone(), 0..8)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
            1 => proptest::collection::vec(inner, 0..4).prop_map(Value::from),
        ]
    })
}

/// Creations that are mostly valid: any JSON for single members of a good body.
fn nearly_valid() -> impl Strategy<Value = Value> {
    let places = proptest::sample::select(vec![
        "NAME",
        "ID",
        "FAAS/CPU",
        "FAAS/MEMORY",
        "FAAS/DISK_SIZE",
        "FAAS/VM_ID",
        "DAAS",
        "SCHEDULING",
        "DEVICE_INFO",
        "SKERRY",
    ]);
    proptest::collection::vec((places, any_json()), 0..3).prop_map(|changes| {
        let mut members = json!({"FAAS": {"FLAVOUR": "minimal"}});
        for (place, value) in changes {
            match place.split_once('/') {
                Some((outer, inner)) => members[outer][inner] = value,
                None => members[place] = value,
            }
        }
        json!({"SERVERLESS_RUNTIME": members})
    })
}

proptest! {
    #[test]
    fn what_the_engine_shows_is_as_described_and_may_be_put_back(runtime in shown()) {
        let mut value = serde_json::to_value(ServerlessRuntimeBody { serverless_runtime: runtime }).unwrap();
        prop_assert_eq!(check("Runtime", &value), Ok(()));
        prop_assert_eq!(check("RuntimeChange", &value), Ok(()));
        clean("RuntimeChange", &mut value);
        let cleaned: ServerlessRuntimeBody = serde_json::from_value(value).unwrap();
        let cleaned = cleaned.serverless_runtime;
        prop_assert_eq!((cleaned.id, cleaned.service_id, cleaned.faas.state, cleaned.faas.vm_id), (None, None, None, None));
        prop_assert_eq!(cleaned.skerry.and_then(|options| options.sleeping), None);
    }

    #[test]
    fn what_the_schema_lets_through_fits_the_types(body in prop_oneof![any_json(), nearly_valid()]) {
        for name in ["RuntimeCreation", "RuntimeChange"] {
            let mut body = body.clone();
            if check(name, &body).is_ok() {
                clean(name, &mut body);
                let fitted = serde_json::from_value::<ServerlessRuntimeBody>(body.clone());
                prop_assert!(fitted.is_ok(), "{body}: {fitted:?}");
            }
        }
    }
}
