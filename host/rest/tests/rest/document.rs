//! The OpenAPI document that is served tells what is there.

use crate::service::Service;

#[test]
fn each_documented_operation_is_there_and_no_other() {
    let service = Service::start();
    let id = service.running();
    let document = service.get("/openapi.json").expect(200).json();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 10, "{paths:?}");
    for (path, item) in paths {
        let address = path.replace("{id}", &id.to_string());
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"] {
            let documented = item.get(method.to_ascii_lowercase()).is_some();
            if method == "DELETE" && documented {
                continue; // It would end the runtime that the others ask for; held by a test of its own.
            }
            let status = service.send(method, &address, &[], b"").status;
            assert_eq!(status != 405, documented, "{method} {path}: {status}");
            assert_ne!(status, 404, "{method} {path}");
        }
    }
}

#[test]
fn the_page_and_the_schema_are_served() {
    let service = Service::start();
    let page = service.get("/docs").expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    let schema = service.get("/serverless-runtimes/schema").expect(200);
    assert_eq!(schema.header("content-type"), "application/schema+json");
    assert_eq!(schema.json()["$schema"], "https://json-schema.org/draft/2020-12/schema");
}
